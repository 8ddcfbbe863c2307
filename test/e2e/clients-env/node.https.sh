export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export NODE_EXTRA_CA_CERTS=/srv/data/tls/ca.pem;
# The SDK has no variable for the endpoint; say it in the code, without http:// and with the protocol:
#   new $OpenApiUtil.Config({
#     accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
#     accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
#     regionId: process.env.ALIBABA_CLOUD_REGION_ID,
#     endpoint: "127.0.0.1:4010",
#     protocol: "https",
#   })
# @alicloud/pop-core wants the scheme instead: endpoint: https://127.0.0.1:4010
