export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export SSL_CERT_FILE=/srv/data/tls/ca.pem;
# The SDK has no variable for the endpoint; say it in the code:
#   &openapi.Config{
#     AccessKeyId: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
#     AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
#     Endpoint: tea.String("127.0.0.1:4010"), Protocol: tea.String("https"),
#   }
