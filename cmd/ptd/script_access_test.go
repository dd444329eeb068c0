package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// authenticate sets how the clusters of the sandbox authenticate, as `aws eks update-cluster-config`
// does. CONFIG_MAP takes them back to what clusters were before there were access entries.
func authenticate(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]map[string]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	for key, object := range document["objects"] {
		switch typ := fmt.Sprint(object["type"]); {
		case typ == "aws:eks/cluster:Cluster":
			for _, properties := range []string{"inputs", "outputs"} {
				fields, _ := object[properties].(map[string]any)
				if access, ok := fields["accessConfig"].(map[string]any); ok {
					access["authenticationMode"] = args[0]
				}
			}
		case args[0] == "CONFIG_MAP" && strings.HasPrefix(typ, "aws:eks/access"):
			delete(document["objects"], key)
		}
	}
	content, err := json.MarshalIndent(document, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("sandbox/cloud.json"), content, 0o600))
}

// nodes cluster way... fails unless all nodes of a cluster, those of its node groups and
// those of Karpenter, are let in by these ways: "aws-auth", "entry".
func nodes(ts *testscript.TestScript, neg bool, args []string) {
	objects, cluster := cloud(ts), args[0]
	property := func(object map[string]any, name string) string {
		for _, properties := range []string{"outputs", "inputs"} {
			fields, _ := object[properties].(map[string]any)
			if text, ok := fields[name].(string); ok {
				return text
			}
		}
		return ""
	}
	var roles []string
	entries, awsAuth, mode := map[string]bool{}, "", ""
	for key, object := range objects {
		inputs, _ := object["inputs"].(map[string]any)
		outputs, _ := object["outputs"].(map[string]any)
		if inputs["clusterName"] != cluster && !strings.Contains(key, cluster) {
			continue
		}
		switch object["type"] {
		case "aws:eks/nodeGroup:NodeGroup":
			roles = append(roles, property(object, "nodeRoleArn"))
		case "aws:iam/role:Role":
			if name := property(object, "name"); strings.HasPrefix(name, "KarpenterNodeRole-") {
				roles = append(roles, property(object, "arn"))
			}
		case "aws:eks/accessEntry:AccessEntry":
			entries[property(object, "principalArn")] = property(object, "type") == "EC2_LINUX"
		case "kubernetes:core/v1:ConfigMap":
			if data, _ := inputs["data"].(map[string]any); object["id"] == "kube-system/aws-auth" {
				awsAuth, _ = data["mapRoles"].(string)
			}
		case "aws:eks/cluster:Cluster":
			access, _ := outputs["accessConfig"].(map[string]any)
			mode, _ = access["authenticationMode"].(string)
		}
	}
	if len(roles) < 2 || mode == "" {
		ts.Fatalf("cluster %s has the mode %q and nodes of %v", cluster, mode, roles)
	}
	for _, role := range roles {
		var ways []string
		if mode != "API" && strings.Contains(awsAuth, "rolearn: "+role+"\n") {
			ways = append(ways, "aws-auth")
		}
		if mode != "CONFIG_MAP" && entries[role] {
			ways = append(ways, "entry")
		}
		if !slices.Equal(ways, args[1:]) {
			ts.Fatalf("nodes of %s are let into %s (%s) by %v", role, cluster, mode, ways)
		}
	}
}

// others cluster type id [fields] makes an object in a cluster that nobody knows of; fields are
// JSON.
func others(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]map[string]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	account := ""
	for _, object := range document["objects"] {
		if outputs, _ := object["outputs"].(map[string]any); object["type"] == "aws:eks/cluster:Cluster" && object["id"] == args[0] {
			account, _ = outputs["arn"].(string)
		}
	}
	parts := strings.Split(args[1], ":")
	namespace, name, namespaced := strings.Cut(args[2], "/")
	metadata := map[string]any{"name": namespace}
	if namespaced {
		metadata = map[string]any{"name": name, "namespace": namespace}
	}
	inputs := map[string]any{"apiVersion": strings.TrimPrefix(parts[1], "core/"), "kind": parts[2], "metadata": metadata}
	if len(args) > 3 {
		ts.Check(json.Unmarshal([]byte(args[3]), &inputs))
	}
	document["objects"][strings.Join([]string{args[1], account, args[2]}, " ")] = map[string]any{
		"provider": "kubernetes", "type": args[1], "id": args[2], "account": account, "inputs": inputs,
	}
	content, err := json.MarshalIndent(document, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("sandbox/cloud.json"), content, 0o600))
}
