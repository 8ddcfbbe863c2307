export ALICLOUD_ACCESS_KEY="${ALICLOUD_ACCESS_KEY:-any}";
export ALICLOUD_SECRET_KEY="${ALICLOUD_SECRET_KEY:-any}";
export ALICLOUD_REGION="${ALICLOUD_REGION:-cn-hangzhou}";
export ALIBABA_CLOUD_ENDPOINT_CS=127.0.0.1:4010;
export ALIBABA_CLOUD_ENDPOINT_EFLO_CONTROLLER=127.0.0.1:4010;
export ALIBABA_CLOUD_ENDPOINT_CLOUDCONTROL=127.0.0.1:4010;
export SSL_CERT_FILE=/srv/data/tls/ca.pem;
# Run terraform init before SSL_CERT_FILE=/srv/data/tls/ca.pem is set: that CA does not speak for where providers come from.
