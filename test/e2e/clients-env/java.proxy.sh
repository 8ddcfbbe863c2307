export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }"'-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4011';
export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }"'-Djavax.net.ssl.trustStore=/srv/data/tls/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit';
# Java does not read /srv/data/tls/ca.pem itself. Once, make the list that it reads:
#   keytool -importcert -noprompt -alias taskscribe -file /srv/data/tls/ca.pem -keystore /srv/data/tls/trust.p12 -storepass changeit
# The SDK does not look at HTTPS_PROXY; the JVM's own settings say it.
# Use a shell of its own: what else runs in it reaches no other host through this proxy.
