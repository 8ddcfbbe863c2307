export ALICLOUD_ACCESS_KEY="${ALICLOUD_ACCESS_KEY:-any}";
export ALICLOUD_SECRET_KEY="${ALICLOUD_SECRET_KEY:-any}";
export ALICLOUD_REGION="${ALICLOUD_REGION:-cn-hangzhou}";
export ALIBABA_CLOUD_ENDPOINT_CS=tasks.example.com;
export ALIBABA_CLOUD_ENDPOINT_EFLO_CONTROLLER=tasks.example.com;
export ALIBABA_CLOUD_ENDPOINT_CLOUDCONTROL=tasks.example.com;
# Whoever signed the server's certificate must be known to the client already.
