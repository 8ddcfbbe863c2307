export ALICLOUD_ACCESS_KEY="${ALICLOUD_ACCESS_KEY:-any}";
export ALICLOUD_SECRET_KEY="${ALICLOUD_SECRET_KEY:-any}";
export ALICLOUD_REGION="${ALICLOUD_REGION:-cn-hangzhou}";
export HTTPS_PROXY=http://127.0.0.1:4011;
export SSL_CERT_FILE=/srv/data/tls/ca.pem;
# Run terraform init before SSL_CERT_FILE=/srv/data/tls/ca.pem is set: that CA does not speak for where providers come from.
# Use a shell of its own: what else runs in it reaches no other host through this proxy.
