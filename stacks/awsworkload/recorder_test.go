package awsworkload

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// registered is one resource as a program registered or read it.
type registered struct {
	typ, name, parent, provider string
	id                          string
	read, protect, retain       bool
	replaceFirst                bool
	ignore                      []string
	inputs                      resource.PropertyMap
}

// recorder records what a program registers, and answers with outputs of the real
// form. With preview it answers as a dry run does: no ids, nothing computed.
type recorder struct {
	preview bool
	invokes map[string]map[string]any
	subnets []string // Name tags of the subnets subnet-0, subnet-1, ... of an adopted VPC

	mu        sync.Mutex
	resources []registered
}

func newRecorder() *recorder {
	return &recorder{invokes: map[string]map[string]any{
		"aws:index/getCallerIdentity:getCallerIdentity": {
			"accountId": testAccount, "arn": "arn:aws:sts::" + testAccount + ":assumed-role/admin.posit.team/me@ptd", "userId": "U", "id": testAccount,
		},
		"aws:index/getAvailabilityZones:getAvailabilityZones": {
			"id": "zones", "groupNames": []any{"us-east-2"}, "names": []any{"us-east-2a", "us-east-2b", "us-east-2c"},
			"zoneIds": []any{"use2-az1", "use2-az2", "use2-az3"},
		},
		"aws:ec2/getAmi:getAmi": {"id": "ami-0123456789abcdef0", "architecture": "arm64"},
		"aws:secretsmanager/getSecret:getSecret": {
			"id": "tailscale", "arn": "arn:aws:secretsmanager:us-east-2:" + testAccount + ":secret:tailscale-authkey-AbCdEf", "name": "tailscale-authkey",
		},
		"aws:ec2/getRouteTables:getRouteTables": {"id": "tables", "ids": []any{"rtb-1"}},
		"aws:ec2/getRouteTable:getRouteTable": {
			"id": "rtb-1", "routeTableId": "rtb-1", "vpcId": "vpc", "associations": []any{map[string]any{"subnetId": "subnet-0"}},
		},
	}}
}

// run runs the program as the stack demo01-staging of project.
func (r *recorder) run(program pulumi.RunFunc) error {
	return pulumi.RunErr(program, pulumi.WithMocks("project", "stack", r),
		func(info *pulumi.RunInfo) { info.DryRun = r.preview })
}

// Call answers a look-up; one that nobody foresaw fails.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	switch args.Token {
	case "aws:ec2/getSubnets:getSubnets":
		ids := make([]any, len(r.subnets))
		for i := range ids {
			ids[i] = fmt.Sprint("subnet-", i)
		}
		return resource.NewPropertyMapFromMap(map[string]any{"id": "subnets", "ids": ids}), nil
	case "aws:ec2/getSubnet:getSubnet":
		var i int
		if _, err := fmt.Sscanf(args.Args["id"].StringValue(), "subnet-%d", &i); err != nil || i >= len(r.subnets) {
			return nil, fmt.Errorf("no subnet %v", args.Args["id"])
		}
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": fmt.Sprint("subnet-", i), "availabilityZoneId": fmt.Sprint("az", i), "tags": map[string]any{"Name": r.subnets[i]},
		}), nil
	}
	answer, ok := r.invokes[args.Token]
	if !ok {
		return nil, fmt.Errorf("unexpected look-up %s", args.Token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// NewResource records a registration or a read.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	made := registered{typ: args.TypeToken, name: args.Name, id: args.ID, inputs: args.Inputs}
	if args.Provider != "" {
		made.provider = resource.URN(args.Provider[:strings.LastIndex(args.Provider, "::")]).Name()
	}
	parent := ""
	if rpc := args.RegisterRPC; rpc != nil {
		parent = rpc.GetParent()
		made.protect, made.retain, made.replaceFirst = rpc.GetProtect(), rpc.GetRetainOnDelete(), rpc.GetDeleteBeforeReplace()
		made.ignore = rpc.GetIgnoreChanges()
	}
	if rpc := args.ReadRPC; rpc != nil {
		parent, made.read = rpc.GetParent(), true
	}
	if urn := resource.URN(parent); urn != "" && urn.QualifiedType() != resource.RootStackType {
		made.parent = string(urn.Type()) + " " + urn.Name()
	}
	state := args.Inputs.Copy()
	if args.Custom || made.read {
		if !r.preview || made.read {
			if made.id == "" {
				made.id = made.name + "-id"
			}
			for key, value := range computed(made) {
				if _, given := state[key]; !given {
					state[key] = value
				}
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, made)
	return made.id, state, nil
}

// physical is the name that the program fixed, with a * after a prefix; "" when the
// engine names the resource.
func (r registered) physical() string {
	for _, key := range []resource.PropertyKey{"name", "bucket", "identifier", "family", "domainName"} {
		if value := r.inputs[key]; value.IsString() {
			return value.StringValue()
		}
		if value := r.inputs[key+"Prefix"]; value.IsString() {
			return value.StringValue() + "*"
		}
	}
	return ""
}

// computed is what a provider would add.
func computed(made registered) resource.PropertyMap {
	name := strings.Replace(made.physical(), "*", "0123456", 1)
	if name == "" {
		name = made.name + "-0123456"
	}
	module := tokens.Type(made.typ).Module().Name().String()
	service, _, _ := strings.Cut(module, "/")
	outputs := map[string]any{"name": name, "arn": fmt.Sprintf("arn:aws:%s:us-east-2:%s:%s", service, testAccount, made.id)}
	switch made.typ {
	case "aws:iam/role:Role", "aws:iam/policy:Policy":
		kind := strings.ToLower(string(tokens.Type(made.typ).Name()))
		outputs["arn"] = "arn:aws:iam::" + testAccount + ":" + kind + "/" + name
	case "aws:ec2/vpc:Vpc":
		outputs["defaultNetworkAclId"] = "acl-default"
	case "aws:rds/instance:Instance":
		outputs["identifier"], outputs["address"] = name, name+".db.example"
		outputs["masterUserSecrets"] = []any{map[string]any{"secretArn": "arn:aws:secretsmanager:us-east-2:" + testAccount + ":secret:rds!" + name}}
	case "aws:s3/bucket:Bucket":
		outputs["bucket"], outputs["arn"] = name, "arn:aws:s3:::"+name
	case "aws:fsx/openZfsFileSystem:OpenZfsFileSystem":
		outputs["dnsName"], outputs["rootVolumeId"] = made.id+".fsx.example", "fsvol-"+made.id
	case "aws:route53/zone:Zone":
		outputs["zoneId"], outputs["arn"] = made.id, "arn:aws:route53:::hostedzone/"+made.id
		outputs["nameServers"] = []any{"ns-1.example", "ns-2.example"}
	case "aws:route53/record:Record":
		outputs["fqdn"] = name
	case "aws:acm/certificate:Certificate":
		var options []any
		for _, domain := range []string{name, "*." + name} {
			options = append(options, map[string]any{
				"domainName": domain, "resourceRecordType": "CNAME",
				"resourceRecordName": "_validate." + name + ".", "resourceRecordValue": "_answer." + name + ".acm.example.",
			})
		}
		outputs["domainValidationOptions"] = options
	}
	state := resource.NewPropertyMapFromMap(outputs)
	if made.typ == "random:index/randomPassword:RandomPassword" {
		state["result"] = resource.MakeSecret(resource.NewStringProperty(secretValue))
	}
	return state
}

// all lists the registrations of a type, every one for "", by type and name.
func (r *recorder) all(typ string) []registered {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(r.resources), func(made registered) bool { return typ != "" && made.typ != typ })
	slices.SortFunc(found, func(a, b registered) int { return strings.Compare(a.typ+"\x00"+a.name, b.typ+"\x00"+b.name) })
	return found
}

// one is the registration of a type and logical name.
func (r *recorder) one(t *testing.T, typ, name string) registered {
	t.Helper()
	for _, made := range r.all(typ) {
		if made.name == name {
			return made
		}
	}
	t.Fatalf("no %s %q was registered", typ, name)
	return registered{}
}

// input is an input as plain data, secrets unwrapped.
func (r registered) input(name string) any { return plain(r.inputs[resource.PropertyKey(name)]) }

func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsOutput():
		if !value.OutputValue().Known {
			return "<unknown>"
		}
		return plain(value.OutputValue().Element)
	case value.IsComputed():
		return "<unknown>"
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	}
	return value.Mappable()
}

// golden compares the list of registrations (identity and options) with
// testdata/<name>.golden, or writes it with -update.
func (r *recorder) golden(t *testing.T, name string) {
	t.Helper()
	var list strings.Builder
	for _, made := range r.all("") {
		fmt.Fprintf(&list, "%s %s\n", made.typ, made.name)
		for _, line := range []struct {
			show bool
			text string
		}{
			{made.parent != "", "parent: " + made.parent},
			{made.read, "read: " + made.id},
			{made.physical() != "", "physical: " + made.physical()},
			{made.provider != "", "provider: " + made.provider},
			{made.protect, "protect"},
			{made.retain, "retainOnDelete"},
			{made.replaceFirst, "deleteBeforeReplace"},
			{len(made.ignore) > 0, fmt.Sprint("ignoreChanges: ", made.ignore)},
		} {
			if line.show {
				fmt.Fprintf(&list, "\t%s\n", line.text)
			}
		}
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read golden file (-update writes it): %v", err)
	}
	if diff := cmp.Diff(string(want), list.String()); diff != "" {
		t.Errorf("registrations differ from %s (-want +got):\n%s", path, diff)
	}
}
