package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
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

// sameContainers compares container definitions by meaning: the form of the JSON, the order of
// environment and secrets, and what ECS fills in make no difference
// (terraform-provider-aws, internal/service/ecs/task_definition_equivalency.go).
func sameContainers(old, new any) bool {
	before, err := meaningOfContainers(text(old))
	if err != nil {
		return false
	}
	after, err := meaningOfContainers(text(new))
	return err == nil && reflect.DeepEqual(before, after)
}

func meaningOfContainers(definitions string) ([]map[string]any, error) {
	var containers []map[string]any
	if err := json.Unmarshal([]byte(definitions), &containers); err != nil {
		return nil, err
	}
	byName := func(a, b any) int { return cmp.Compare(nameIn(a), nameIn(b)) }
	for _, container := range containers {
		maps.DeleteFunc(container, func(_ string, value any) bool { return value == nil })
		for _, unordered := range []string{"environment", "secrets"} {
			list, _ := container[unordered].([]any)
			slices.SortFunc(list, byName)
		}
		for key, filled := range map[string]any{"cpu": 0.0, "essential": true} {
			if container[key] == nil {
				container[key] = filled
			}
		}
		ports, _ := container["portMappings"].([]any)
		for _, element := range ports {
			if port, ok := element.(map[string]any); ok && port["hostPort"] == 0.0 {
				delete(port, "hostPort")
			}
		}
	}
	slices.SortFunc(containers, func(a, b map[string]any) int { return byName(a, b) })
	return containers, nil
}

func nameIn(element any) string {
	object, _ := element.(map[string]any)
	return fmt.Sprint(object["name"])
}
