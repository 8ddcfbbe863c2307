export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export HTTPS_PROXY=http://127.0.0.1:4011;
export SSL_CERT_FILE=/srv/data/tls/ca.pem;
# --region is required, and --secure keeps it from plain HTTP:
#   aliyun cs GET /tasks/T-1 --region cn-hangzhou --secure
# A profile in ~/.aliyun/config.json wins over the two key variables.
# Its metadata lacks Cloud Control: its calls need --force and a path, and no --version:
#   aliyun cloudcontrol GET /api/v1/tasks/task-1 --force --region cn-hangzhou --secure
# Use a shell of its own: what else runs in it reaches no other host through this proxy.
