package eks

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// kubeconfig gets its credential from the AWS command line. It has no proxy.
func (c *cluster) kubeconfig(withProfile bool) value {
	return derive(func(known []value) value {
		name, endpoint, authority, arn, credential := known[0], known[1], known[2], known[3], known[4]
		arguments := []value{
			text("--region"), text(strings.Split(arn.StringValue(), ":")[3]), text("eks"), text("get-token"),
			text("--cluster-name"), name, text("--output"), text("json"),
		}
		if role, _ := at(credential, "roleArn"); role.IsString() {
			arguments = append(arguments, text("--role"), role)
		}
		if profile, _ := at(credential, "profileName"); profile.IsString() && withProfile {
			arguments = append(arguments, text("--profile"), profile)
		}
		const api = "client.authentication.k8s.io/v1beta1"
		return object(map[string]value{
			"apiVersion": text("v1"), "kind": text("Config"), "current-context": text("aws"),
			"clusters": list(object(map[string]value{
				"name": text("kubernetes"), "cluster": object(map[string]value{"server": endpoint, "certificate-authority-data": authority}),
			})),
			"contexts": list(object(map[string]value{
				"name": text("aws"), "context": object(map[string]value{"cluster": text("kubernetes"), "user": text("aws")}),
			})),
			"users": list(object(map[string]value{"name": text("aws"), "user": object(map[string]value{"exec": object(map[string]value{
				"apiVersion": text(api), "command": text("aws"), "args": list(arguments...),
				"env": list(object(map[string]value{"name": text("KUBERNETES_EXEC_INFO"), "value": text(`{"apiVersion": "` + api + `"}`)})),
			})})})),
		})
	}, c.cluster.get("name"), c.cluster.get("endpoint"), c.cluster.get("certificateAuthority", "data"), c.cluster.get("arn"),
		c.raw("providerCredentialOpts"))
}

// kubeconfigText writes a kubeconfig with its keys in the order in which the real component
// has them, which is that of nobody else: whoever compares has to compare the values.
// (docs/reference/real-plugins.md 1, row 5)
func kubeconfigText(known []value) value {
	var content strings.Builder
	write(&content, known[0], []string{
		"apiVersion", "clusters", "cluster", "server", "certificate-authority-data", "contexts", "context", "user", "current-context",
		"kind", "users", "name", "exec", "command", "args", "env", "value",
	})
	return text(content.String())
}

// write writes a value as compact JSON, with the keys of objects in an order.
func write(content *strings.Builder, v value, order []string) {
	switch {
	case v.IsArray():
		content.WriteByte('[')
		for i, element := range v.ArrayValue() {
			if i > 0 {
				content.WriteByte(',')
			}
			write(content, element, order)
		}
		content.WriteByte(']')
	case v.IsObject():
		content.WriteByte('{')
		first := true
		for _, key := range order {
			field, ok := v.ObjectValue()[resource.PropertyKey(key)]
			if !ok {
				continue
			}
			if !first {
				content.WriteByte(',')
			}
			first = false
			content.WriteString(asJSON([]value{text(key)}).StringValue() + ":")
			write(content, field, order)
		}
		content.WriteByte('}')
	default:
		content.WriteString(asJSON([]value{v}).StringValue())
	}
}

// asJSON writes a value as compact JSON, with sorted keys.
func asJSON(known []value) value {
	var content strings.Builder
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(sandbox.Plain(known[0])); err != nil {
		return resource.NewNullProperty()
	}
	return text(strings.TrimSpace(content.String()))
}
