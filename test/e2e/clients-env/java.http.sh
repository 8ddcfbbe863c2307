export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
# The SDK has no variable for the endpoint; say it in the code:
#   new Config()
#     .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))
#     .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
#     .setEndpoint("127.0.0.1:4010").setProtocol("http");
