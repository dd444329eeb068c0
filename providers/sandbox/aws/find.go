package aws

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// list finds the ids of all objects of a type that match the call.
func list(typ string) sandbox.Function {
	return func(call *sandbox.Call) (map[string]any, error) {
		found, err := matching(call, typ)
		if err != nil {
			return nil, err
		}
		ids := []any{}
		for _, object := range found {
			ids = append(ids, object.ID)
		}
		result := map[string]any{"id": call.Region, "ids": ids}
		maps.Copy(result, call.Arguments)
		return result, nil
	}
}

// single finds the one object of a type that matches the call.
func single(typ, what string) sandbox.Function {
	return func(call *sandbox.Call) (map[string]any, error) {
		found, err := matching(call, typ)
		if err != nil {
			return nil, err
		}
		if len(found) != 1 {
			return nil, &sandbox.NoMatch{What: fmt.Sprintf("%s (%d match)", what, len(found))}
		}
		return describe(found[0]), nil
	}
}

func describe(object *sandbox.Object) map[string]any {
	described := maps.Clone(object.Inputs)
	maps.Copy(described, object.Outputs)
	described["id"] = object.ID
	if described["tags"] == nil {
		described["tags"] = map[string]any{}
	}
	return described
}

// filterProperties are the properties that EC2's filters look at.
var filterProperties = map[string]string{"vpc-id": "vpcId", "availability-zone": "availabilityZone", "group-name": "name", "cidr-block": "cidrBlock"}

// matching finds the objects of a type that the arguments of a call describe.
func matching(call *sandbox.Call, typ string) ([]*sandbox.Object, error) {
	wanted := map[string][]any{}
	for _, argument := range []string{"vpcId", "name", "cidrBlock"} {
		if value, ok := call.Arguments[argument]; ok {
			wanted[argument] = []any{value}
		}
	}
	for _, argument := range []string{"id", "subnetId", "routeTableId"} {
		if value, ok := call.Arguments[argument]; ok && (argument == "id" || typ == routeTableType && argument == "routeTableId") {
			wanted["id"] = []any{value}
		}
	}
	for key, value := range call.Arguments.Map("tags") {
		wanted["tag:"+key] = []any{value}
	}
	for _, element := range call.Arguments.List("filters") {
		filter, _ := element.(map[string]any)
		name, _ := filter["name"].(string)
		if property, ok := filterProperties[name]; ok {
			name = property
		} else if !strings.HasPrefix(name, "tag:") && name != "tag-key" {
			return nil, fmt.Errorf("InvalidParameterValue: The filter '%s' is invalid (in the sandbox)", name)
		}
		wanted[name], _ = filter["values"].([]any)
	}
	var found []*sandbox.Object
	for _, object := range call.Cloud.OfType(typ) {
		if object.Account == call.Account && object.Region == call.Region && matches(object, wanted) {
			found = append(found, object)
		}
	}
	return found, nil
}

func matches(object *sandbox.Object, wanted map[string][]any) bool {
	tags, _ := object.Get("tags").(map[string]any)
	for name, values := range wanted {
		switch {
		case name == "id":
			if !anyMatch(values, object.ID) {
				return false
			}
		case name == "tag-key":
			if !slices.ContainsFunc(values, func(key any) bool { _, ok := tags[fmt.Sprint(key)]; return ok }) {
				return false
			}
		case strings.HasPrefix(name, "tag:"):
			value, ok := tags[strings.TrimPrefix(name, "tag:")].(string)
			if !ok || !anyMatch(values, value) {
				return false
			}
		default:
			if !anyMatch(values, object.String(name)) {
				return false
			}
		}
	}
	return true
}

// anyMatch compares with EC2's wildcards.
func anyMatch(patterns []any, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern any) bool {
		ok, err := path.Match(fmt.Sprint(pattern), value)
		return err == nil && ok
	})
}
