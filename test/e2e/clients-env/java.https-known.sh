export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
# The SDK has no variable for the endpoint; say it in the code:
#   new Config()
#     .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))
#     .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
#     .setEndpoint("tasks.example.com").setProtocol("https");
# Whoever signed the server's certificate must be known to the client already.
