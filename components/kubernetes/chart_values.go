package kubernetes

// sessionToleration lets a pod run on the nodes that are kept for sessions, too.
// (docs/reference/aws-workload-apps.md 8.2)
func sessionToleration() object {
	return object{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}
}
