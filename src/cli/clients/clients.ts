// How each client is pointed here, as data. Facts: docs/clients.md. A line is one of
//   NAME=text    a variable that is set
//   NAME?=text   a variable that is set if it is not set already
//   NAME+=text   a list of options in a variable, to which this one is added
//   $ text       shell code, taken as it is
//   # text       a remark
//   | text       code in another language, shown in a remark
// The names in braces are filled in (see render.ts): quoted for the shell, in code as text of its language.

export type Line = string;

export interface ClientSetup {
  readonly about: string;
  /** Straight at an endpoint without TLS. */
  readonly http: readonly Line[];
  /** Straight at an endpoint with TLS, whose certificate the local CA has signed. */
  readonly https: readonly Line[];
  /** Through the forward proxy: the client needs no endpoint, and thinks it speaks to the cloud. */
  readonly proxy: readonly Line[];
}

const KEYS = [
  "ALIBABA_CLOUD_ACCESS_KEY_ID?=any",
  "ALIBABA_CLOUD_ACCESS_KEY_SECRET?=any",
  "ALIBABA_CLOUD_REGION_ID?=cn-hangzhou",
];
const PROXY = "HTTPS_PROXY={proxy}";
/** What is built on Go's library and OpenSSL's defaults reads it instead of the system's list. */
const CA = "SSL_CERT_FILE={ca}";
const ONLY_HERE =
  "# Use a shell of its own: what else runs in it reaches no other host through this proxy.";

const GO_CONFIG = [
  "# The SDK has no variable for the endpoint; say it in the code:",
  "| &openapi.Config{",
  '|   AccessKeyId: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),',
  '|   AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),',
  "|   Endpoint: tea.String({endpoint}), Protocol: tea.String({protocol}),",
  "| }",
];

const JAVA_TRUST = [
  "JAVA_TOOL_OPTIONS+=-Djavax.net.ssl.trustStore={trust} -Djavax.net.ssl.trustStorePassword=changeit",
  "# Java does not read {ca} itself. Once, make the list that it reads:",
  "#   keytool -importcert -noprompt -alias taskscribe -file {ca} -keystore {trust} -storepass changeit",
];
const JAVA_CONFIG = [
  "# The SDK has no variable for the endpoint; say it in the code:",
  "| new Config()",
  '|   .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))',
  '|   .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))',
  "|   .setEndpoint({endpoint}).setProtocol({protocol});",
];

const NODE_CONFIG = [
  "# The SDK has no variable for the endpoint; say it in the code, without http:// and with the protocol:",
  "| new $OpenApiUtil.Config({",
  "|   accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,",
  "|   accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,",
  "|   regionId: process.env.ALIBABA_CLOUD_REGION_ID,",
  "|   endpoint: {endpoint},",
  "|   protocol: {protocol},",
  "| })",
  "# @alicloud/pop-core wants the scheme instead: endpoint: {url}",
];

const PYTHON_CONFIG = [
  "# The SDK has no variable for the endpoint; say it in the code:",
  "| Config(",
  '|   access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],',
  '|   access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],',
  "|   endpoint={endpoint},",
  "|   protocol={protocol},",
];

const ALIYUN_REMARKS = [
  "# A profile in ~/.aliyun/config.json wins over the two key variables.",
  "# Its metadata lacks Cloud Control: its calls need --force and a path, and no --version:",
];
const CLOUD_CONTROL = "cloudcontrol GET /api/v1/tasks/task-1 --force";
/** A function, because the command line has no variable for its endpoint. */
const aliyunAt = (scheme: "--insecure" | "--secure", meaning: string) => [
  `$ aliyun_local() { aliyun "$@" --endpoint {endpoint} ${scheme} --region "$ALIBABA_CLOUD_REGION_ID"; }`,
  `# aliyun_local cs GET /tasks/T-1 adds --endpoint, ${scheme} (${meaning}) and --region, all of which it needs.`,
  ...ALIYUN_REMARKS,
  `#   aliyun_local ${CLOUD_CONTROL}`,
];

const TERRAFORM_KEYS = [
  "ALICLOUD_ACCESS_KEY?=any",
  "ALICLOUD_SECRET_KEY?=any",
  "ALICLOUD_REGION?=cn-hangzhou",
];
const TERRAFORM_ENDPOINTS = [
  "ALIBABA_CLOUD_ENDPOINT_CS={endpoint}",
  "ALIBABA_CLOUD_ENDPOINT_EFLO_CONTROLLER={endpoint}",
  "ALIBABA_CLOUD_ENDPOINT_CLOUDCONTROL={endpoint}",
];
const TERRAFORM_INIT =
  "# Run terraform init before SSL_CERT_FILE={ca} is set: that CA does not speak for where providers come from.";

const ECCTL_NEEDS_PROXY = [
  "# ecctl has no setting for an endpoint: it works through the forward proxy only.",
  "# Start the server with --proxy-port, and run this again.",
];

/** What most clients read. */
export const ANY_CLIENT: ClientSetup = {
  about: "any client",
  http: [
    ...KEYS,
    "# The endpoint is {endpoint}, without TLS, which most clients use unless told otherwise.",
  ],
  https: [...KEYS, CA, "NODE_EXTRA_CA_CERTS={ca}", "# The endpoint is {endpoint}, with TLS."],
  proxy: [...KEYS, PROXY, CA, "NODE_EXTRA_CA_CERTS={ca}", ONLY_HERE],
};

export const CLIENTS: Readonly<Record<string, ClientSetup>> = {
  terraform: {
    about: "Terraform, provider alicloud",
    http: [
      ...TERRAFORM_KEYS,
      ...TERRAFORM_ENDPOINTS,
      "# The protocol has no variable; write into the configuration:",
      '| provider "alicloud" { protocol = "HTTP" }',
      "# ACK clusters and addons do not work like this: their two clients speak HTTPS whatever the protocol says.",
      "# Start the server with --tls or --proxy-port for those, and run this again.",
    ],
    https: [...TERRAFORM_KEYS, ...TERRAFORM_ENDPOINTS, CA, TERRAFORM_INIT],
    proxy: [...TERRAFORM_KEYS, PROXY, CA, TERRAFORM_INIT, ONLY_HERE],
  },
  aliyun: {
    about: "the aliyun command line, 3.x",
    http: [...KEYS, ...aliyunAt("--insecure", "plain HTTP")],
    https: [...KEYS, CA, ...aliyunAt("--secure", "HTTPS")],
    proxy: [
      ...KEYS,
      PROXY,
      CA,
      "# --region is required, and --secure keeps it from plain HTTP:",
      "#   aliyun cs GET /tasks/T-1 --region cn-hangzhou --secure",
      ...ALIYUN_REMARKS,
      `#   aliyun ${CLOUD_CONTROL} --region cn-hangzhou --secure`,
      ONLY_HERE,
    ],
  },
  ecctl: {
    about: "ecctl",
    http: ECCTL_NEEDS_PROXY,
    https: ECCTL_NEEDS_PROXY,
    proxy: [...KEYS, PROXY, CA, ONLY_HERE],
  },
  python: {
    about: "the Python SDKs (alibabacloud_tea_openapi)",
    http: [...KEYS, ...PYTHON_CONFIG, "| )"],
    https: [...KEYS, ...PYTHON_CONFIG, "|   ca={ca},", "| )"],
    proxy: [
      ...KEYS,
      PROXY,
      "# The SDK reads the proxy here, but no variable names a CA to it. Say it in the code:",
      "| Config(",
      '|   access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],',
      '|   access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],',
      '|   region_id=os.environ["ALIBABA_CLOUD_REGION_ID"],',
      "|   ca={ca},",
      "| )",
      "# or, to leave the code alone, add it once to the list of a virtual environment:",
      '#   cat {ca} >> "$(python -m certifi)"',
      ONLY_HERE,
    ],
  },
  go: {
    about: "the Go SDKs (darabonba-openapi/v2)",
    http: [...KEYS, ...GO_CONFIG],
    https: [...KEYS, CA, ...GO_CONFIG],
    proxy: [...KEYS, PROXY, CA, ONLY_HERE],
  },
  java: {
    about: "the Java SDKs (tea-openapi)",
    http: [...KEYS, ...JAVA_CONFIG],
    https: [...KEYS, ...JAVA_TRUST, ...JAVA_CONFIG],
    proxy: [
      ...KEYS,
      "JAVA_TOOL_OPTIONS+=-Dhttps.proxyHost={proxyHost} -Dhttps.proxyPort={proxyPort}",
      ...JAVA_TRUST,
      "# The SDK does not look at HTTPS_PROXY; the JVM's own settings say it.",
      ONLY_HERE,
    ],
  },
  node: {
    about: "the TypeScript and JavaScript SDKs (@alicloud/openapi-core)",
    http: [...KEYS, ...NODE_CONFIG],
    https: [...KEYS, "NODE_EXTRA_CA_CERTS={ca}", ...NODE_CONFIG],
    proxy: [
      ...KEYS,
      PROXY,
      "NODE_EXTRA_CA_CERTS={ca}",
      "NODE_OPTIONS+=--require {preload}",
      "# The SDK's own HTTP client does not look at HTTPS_PROXY; the file that NODE_OPTIONS loads sends what goes to",
      "# aliyuncs.com through it, and nothing else. The program stays as it is.",
      ONLY_HERE,
    ],
  },
};
