export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
# The SDK has no variable for the endpoint; say it in the code, without http:// and with the protocol:
#   new $OpenApiUtil.Config({
#     accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
#     accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
#     regionId: process.env.ALIBABA_CLOUD_REGION_ID,
#     endpoint: "tasks.example.com",
#     protocol: "https",
#   })
# @alicloud/pop-core wants the scheme instead: endpoint: https://tasks.example.com
# Whoever signed the server's certificate must be known to the client already.
