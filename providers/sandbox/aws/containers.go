package aws

import (
	"encoding/json"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// containerKeys are the keys of an ECS container definition.
var containerKeys = []string{
	"command", "cpu", "credentialSpecs", "dependsOn", "disableNetworking", "dnsSearchDomains", "dnsServers", "dockerLabels",
	"dockerSecurityOptions", "entryPoint", "environment", "environmentFiles", "essential", "extraHosts",
	"firelensConfiguration", "healthCheck", "hostname", "image", "interactive", "links", "linuxParameters",
	"logConfiguration", "memory", "memoryReservation", "mountPoints", "name", "portMappings", "privileged",
	"pseudoTerminal", "readonlyRootFilesystem", "repositoryCredentials", "resourceRequirements", "restartPolicy",
	"secrets", "startTimeout", "stopTimeout", "systemControls", "ulimits", "user", "versionConsistency", "volumesFrom",
	"workingDirectory",
}

// checkContainers checks the definitions that a task definition holds as JSON.
func checkContainers(in sandbox.Inputs) []sandbox.Problem {
	const property = "containerDefinitions"
	text, ok := in.Text(property)
	if !ok {
		return nil
	}
	var containers []map[string]any
	if err := json.Unmarshal([]byte(text), &containers); err != nil {
		return rule.One(property, "is not a JSON list of containers: %v", err)
	}
	for _, container := range containers {
		for _, needed := range []string{"name", "image"} {
			if container[needed] == nil {
				return rule.One(property, "a container has no %s", needed)
			}
		}
		for key := range container {
			if !slices.Contains(containerKeys, key) {
				return rule.One(property, "container %v: unknown key %q", container["name"], key)
			}
		}
		if check, ok := container["healthCheck"].(map[string]any); ok {
			command, _ := check["command"].([]any)
			if len(command) == 0 || command[0] != "CMD" && command[0] != "CMD-SHELL" && command[0] != "NONE" {
				return rule.One(property, "container %v: a health check's command begins with CMD, CMD-SHELL or NONE", container["name"])
			}
		}
	}
	return nil
}
