export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
aliyun_local() { aliyun "$@" --endpoint 127.0.0.1:4010 --insecure --region "$ALIBABA_CLOUD_REGION_ID"; }
# aliyun_local cs GET /tasks/T-1 adds --endpoint, --insecure (plain HTTP) and --region, all of which it needs.
# A profile in ~/.aliyun/config.json wins over the two key variables.
# Its metadata lacks Cloud Control: its calls need --force and a path, and no --version:
#   aliyun_local cloudcontrol GET /api/v1/tasks/task-1 --force
