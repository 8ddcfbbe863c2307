export ALICLOUD_ACCESS_KEY="${ALICLOUD_ACCESS_KEY:-any}";
export ALICLOUD_SECRET_KEY="${ALICLOUD_SECRET_KEY:-any}";
export ALICLOUD_REGION="${ALICLOUD_REGION:-cn-hangzhou}";
export ALIBABA_CLOUD_ENDPOINT_CS=127.0.0.1:4010;
export ALIBABA_CLOUD_ENDPOINT_EFLO_CONTROLLER=127.0.0.1:4010;
export ALIBABA_CLOUD_ENDPOINT_CLOUDCONTROL=127.0.0.1:4010;
# The protocol has no variable; write into the configuration:
#   provider "alicloud" { protocol = "HTTP" }
# ACK clusters and addons do not work like this: their two clients speak HTTPS whatever the protocol says.
# Start the server with --tls or --proxy-port for those, and run this again.
