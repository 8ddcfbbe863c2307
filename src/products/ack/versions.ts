/** Kubernetes versions the simulated ACK offers, oldest first. */
export const KUBERNETES_VERSIONS: readonly string[] = [
  "1.30.7-aliyun.1",
  "1.31.9-aliyun.1",
  "1.32.1-aliyun.1",
  "1.33.3-aliyun.1",
];

export function nextVersion(current: string): string | undefined {
  const index = KUBERNETES_VERSIONS.indexOf(current);
  return index < 0 ? undefined : KUBERNETES_VERSIONS[index + 1];
}
