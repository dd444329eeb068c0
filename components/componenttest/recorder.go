// Package componenttest records what Pulumi programs register, for tests of components and
// stacks: a mock that answers like the providers, questions about registrations, and
// golden lists of them.
package componenttest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// Account and Region are where the recorded programs believe to be.
const (
	Account = "123456789012"
	Region  = "us-east-2"
)

// Registration is one resource as a program registered it.
type Registration struct {
	Type, Name string
	Parent     string // "type name" of the parent, "stack" when there is none
	ID         string // physical id: as read or imported, else made up by the Recorder
	Import     string // the physical id by which it is imported, "" when it is made
	Read       bool   // got by id (external), not managed
	Custom     bool   // has a provider; false for components
	Protect    bool
	Retain     bool // retainOnDelete
	Replace    bool // deleteBeforeReplace
	// DeletedWith is the "type name" of what takes it along when it is deleted, "" for none.
	DeletedWith string
	Ignore      []string
	DependsOn   []string // "type name" of explicit and implicit dependencies, sorted
	Provider    string   // "type name" of the explicit provider, "" when there is none
	Secrets     []string // inputs that hold a secret and outputs declared secret, sorted
	Inputs      resource.PropertyMap
}

// Args gives the inputs as plain Go values (secrets unwrapped), to compare with.
func (r Registration) Args() map[string]any {
	return Plain(resource.NewObjectProperty(r.Inputs)).(map[string]any)
}

// Physical gives the name or name prefix that the program fixed ("prefix-*" for a
// prefix), {namespace}/{name} of a Kubernetes object, or "" where the engine names the
// resource.
func (r Registration) Physical() string {
	if metadata, ok := r.Inputs["metadata"]; ok && metadata.IsObject() {
		var parts []string
		for _, key := range []resource.PropertyKey{"namespace", "name"} {
			if part := metadata.ObjectValue()[key]; part.IsString() {
				parts = append(parts, part.StringValue())
			}
		}
		return strings.Join(parts, "/")
	}
	for _, key := range []resource.PropertyKey{
		"name", "bucket", "identifier", "family", "domainName", "namePrefix", "bucketPrefix", "identifierPrefix",
	} {
		if v, ok := r.Inputs[key]; ok && v.IsString() {
			if strings.HasSuffix(string(key), "refix") {
				return v.StringValue() + "*"
			}
			return v.StringValue()
		}
	}
	return ""
}

// Recorder is a Pulumi mock that records what is registered and answers with
// outputs of the right form. Change Calls before Exec to answer invokes
// differently, Outputs to add to or override a resource's outputs.
type Recorder struct {
	Calls   map[string]func(args resource.PropertyMap) (resource.PropertyMap, error)
	Outputs map[string]resource.PropertyMap // by resource type
	// Remote gives the outputs of components that a plugin makes, by type.
	Remote  map[string]func(made Registration) resource.PropertyMap
	Preview bool // as in a dry run: no ids, no computed outputs

	ctx        *pulumi.Context
	standIns   map[string]bool // "type name": not recorded
	mu         sync.Mutex
	registered []Registration
	Invoked    []string
}

// New makes a Recorder that knows the usual look-ups.
func New() *Recorder {
	r := &Recorder{
		standIns: map[string]bool{},
		Outputs:  map[string]resource.PropertyMap{},
		Calls: map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
			"aws:index/getCallerIdentity:getCallerIdentity": Answer(map[string]any{
				"accountId": Account, "id": Account, "userId": "AIDAEXAMPLE",
				"arn": "arn:aws:iam::" + Account + ":role/caller",
			}),
			"aws:index/getRegion:getRegion": Answer(map[string]any{
				"name": Region, "id": Region, "description": "mock", "endpoint": "mock",
			}),
			"aws:ec2/getAmi:getAmi": Answer(map[string]any{"id": "ami-newest", "architecture": "arm64"}),
		},
	}
	r.Remote = r.remoteEKS()
	return r
}

// Answer makes the reply to an invoke that does not depend on its arguments.
func Answer(reply map[string]any) func(resource.PropertyMap) (resource.PropertyMap, error) {
	return func(resource.PropertyMap) (resource.PropertyMap, error) {
		return resource.NewPropertyMapFromMap(reply), nil
	}
}

// Exec runs the program against the Recorder.
func (r *Recorder) Exec(program pulumi.RunFunc) error {
	return pulumi.RunErr(func(ctx *pulumi.Context) error {
		r.ctx = ctx
		return program(ctx)
	}, pulumi.WithMocks("project", "demo01-staging", r),
		func(info *pulumi.RunInfo) { info.DryRun = r.Preview })
}

// Run runs the program against a new Recorder and fails the test when it fails.
func Run(t *testing.T, program pulumi.RunFunc) *Recorder {
	t.Helper()
	r := New()
	if err := r.Exec(program); err != nil {
		t.Fatalf("run program: %v", err)
	}
	return r
}

// Call answers an invoke; one that nobody foresaw fails.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	r.Invoked = append(r.Invoked, args.Token)
	r.mu.Unlock()
	if call, ok := r.Calls[args.Token]; ok {
		return call(args.Args)
	}
	return nil, fmt.Errorf("unexpected invoke of %s", args.Token)
}

// NewResource records a Registration or a read.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	reg := Registration{
		Type: args.TypeToken, Name: args.Name, ID: args.ID, Custom: args.Custom,
		Inputs: args.Inputs, Parent: "stack",
	}
	if args.Provider != "" {
		reg.Provider = label(resource.URN(args.Provider[:strings.LastIndex(args.Provider, "::")])) // the reference ends in "::id"
	}
	var parent string
	var dependencies []string
	if rpc := args.RegisterRPC; rpc != nil {
		parent, dependencies = rpc.GetParent(), rpc.GetDependencies()
		reg.Protect, reg.Retain, reg.Replace = rpc.GetProtect(), rpc.GetRetainOnDelete(), rpc.GetDeleteBeforeReplace()
		reg.Ignore = slices.Clone(rpc.GetIgnoreChanges())
		reg.Import = rpc.GetImportId()
		if with := rpc.GetDeletedWith(); with != "" {
			reg.DeletedWith = label(resource.URN(with))
		}
		reg.Secrets = slices.Clone(rpc.GetAdditionalSecretOutputs())
	}
	if rpc := args.ReadRPC; rpc != nil {
		parent, dependencies = rpc.GetParent(), rpc.GetDependencies()
		reg.Read, reg.Custom = true, true
	}
	if urn := resource.URN(parent); urn != "" && urn.QualifiedType() != resource.RootStackType {
		reg.Parent = label(urn)
	}
	for _, urn := range dependencies {
		reg.DependsOn = append(reg.DependsOn, label(resource.URN(urn)))
	}
	for key, value := range args.Inputs {
		if value.ContainsSecrets() {
			reg.Secrets = append(reg.Secrets, string(key))
		}
	}
	for _, list := range []*[]string{&reg.DependsOn, &reg.Secrets, &reg.Ignore} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}

	state := args.Inputs.Copy()
	if reg.Custom && !(r.Preview && !reg.Read) {
		if reg.ID == "" {
			reg.ID = strings.ToLower(string(tokens.Type(reg.Type).Name())) + "/" + reg.Name
		}
		for key, value := range computed(reg) {
			if _, given := state[key]; !given {
				state[key] = value
			}
		}
		for key, value := range r.Outputs[reg.Type] {
			state[key] = value
		}
	}
	if remote := r.Remote[reg.Type]; remote != nil && args.RegisterRPC.GetRemote() && !r.Preview {
		for key, value := range remote(reg) {
			state[key] = value
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.standIns[reg.Type+" "+reg.Name] {
		r.registered = append(r.registered, reg)
	}
	return reg.ID, state, nil
}

// computed makes up what the provider would compute for a resource.
func computed(reg Registration) resource.PropertyMap {
	typ := tokens.Type(reg.Type)
	module, _, _ := strings.Cut(string(typ.Module().Name()), "/")
	name := reg.Physical()
	switch {
	case name == "":
		name = reg.Name + "-0123456"
	case strings.HasSuffix(name, "*"):
		name = strings.TrimSuffix(name, "*") + "0123456"
	}
	outputs := map[string]any{"name": name}
	if typ.Package() == "aws" {
		outputs["arn"] = fmt.Sprintf("arn:aws:%s:%s:%s:%s", module, Region, Account, reg.ID)
	}
	switch reg.Type {
	case "aws:iam/role:Role":
		outputs["arn"] = "arn:aws:iam::" + Account + ":role/" + name
	case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
		if url := reg.Inputs["url"]; url.IsString() {
			outputs["arn"] = "arn:aws:iam::" + Account + ":oidc-provider/" + strings.TrimPrefix(url.StringValue(), "https://")
		}
	case "aws:iam/policy:Policy":
		outputs["arn"] = "arn:aws:iam::" + Account + ":policy/" + name
	case "aws:ec2/vpc:Vpc":
		outputs["defaultNetworkAclId"] = "acl/default"
		outputs["defaultSecurityGroupId"] = "sg/default"
	case "aws:rds/instance:Instance":
		outputs["identifier"] = name
		outputs["address"] = name + ".db.example"
		outputs["endpoint"] = name + ".db.example:5432"
		outputs["port"] = 5432
		outputs["masterUserSecrets"] = []any{map[string]any{
			"kmsKeyId": "key", "secretStatus": "active",
			"secretArn": "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:rds!" + name,
		}}
	case "aws:s3/bucket:Bucket":
		outputs["bucket"] = name
		outputs["arn"] = "arn:aws:s3:::" + name
		outputs["bucketDomainName"] = name + ".s3.example"
	case "aws:fsx/openZfsFileSystem:OpenZfsFileSystem":
		outputs["dnsName"] = reg.Name + ".fsx.example"
		outputs["rootVolumeId"] = "fsvol/" + reg.Name
	case "aws:route53/zone:Zone":
		outputs["zoneId"] = reg.ID
		outputs["nameServers"] = []any{"ns-1.example", "ns-2.example"}
		outputs["arn"] = "arn:aws:route53:::hostedzone/" + reg.ID
	case "aws:route53/record:Record":
		outputs["fqdn"] = name
	case "aws:acm/certificate:Certificate":
		// The apex and its wildcard are validated by one and the same record.
		names := []any{name}
		if sans, ok := reg.Args()["subjectAlternativeNames"].([]any); ok {
			names = append(names, sans...)
		}
		var options []any
		for _, domain := range names {
			base := strings.TrimPrefix(domain.(string), "*.")
			options = append(options, map[string]any{
				"domainName": domain, "resourceRecordType": "CNAME",
				"resourceRecordName": "_validate." + base + ".", "resourceRecordValue": "_answer." + base + ".acm.example.",
			})
		}
		outputs["domainValidationOptions"] = options
	case "aws:cloudwatch/logGroup:LogGroup":
		outputs["arn"] = "arn:aws:logs:" + Region + ":" + Account + ":log-group:" + name
	case "aws:secretsmanager/secret:Secret":
		outputs["arn"] = "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:" + name
	}
	made := resource.NewPropertyMapFromMap(outputs)
	if reg.Type == "random:index/randomPassword:RandomPassword" {
		made["result"] = resource.MakeSecret(resource.NewStringProperty("mock-password"))
	}
	return made
}

// label is "type name" of a URN.
func label(urn resource.URN) string { return string(urn.Type()) + " " + urn.Name() }

// Find gives the one Registration of the type and logical name.
func (r *Recorder) Find(t *testing.T, typ, name string) Registration {
	t.Helper()
	var found []Registration
	for _, reg := range r.All(typ) {
		if reg.Name == name {
			found = append(found, reg)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources %s %q registered, want 1", len(found), typ, name)
	}
	return found[0]
}

// All gives the registrations of a type (every one for ""), sorted by name.
func (r *Recorder) All(typ string) []Registration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Registration
	for _, reg := range r.registered {
		if typ == "" || reg.Type == typ {
			found = append(found, reg)
		}
	}
	slices.SortFunc(found, func(a, b Registration) int {
		return strings.Compare(a.Name+"\x00"+a.Type, b.Name+"\x00"+b.Type)
	})
	return found
}

// Golden compares the list of registrations (identity and options, no values but
// names) with testdata/<name>.golden, or writes it with -update.
func (r *Recorder) Golden(t *testing.T, name string) {
	t.Helper()
	var lines []string
	for _, reg := range r.All("") {
		line := fmt.Sprintf("%s %s\n\tparent: %s\n", reg.Type, reg.Name, reg.Parent)
		if reg.Read {
			line += "\tread: " + reg.ID + "\n"
		}
		if physical := reg.Physical(); physical != "" {
			line += "\tphysical: " + physical + "\n"
		}
		if reg.Provider != "" {
			line += "\tprovider: " + reg.Provider + "\n"
		}
		var options []string
		for _, option := range []struct {
			set  bool
			text string
		}{
			{reg.Protect, "protect"},
			{reg.Retain, "retainOnDelete"},
			{reg.Replace, "deleteBeforeReplace"},
			{len(reg.Ignore) > 0, "ignoreChanges" + fmt.Sprint(reg.Ignore)},
			{len(reg.Secrets) > 0, "secret" + fmt.Sprint(reg.Secrets)},
		} {
			if option.set {
				options = append(options, option.text)
			}
		}
		if len(options) > 0 {
			line += "\toptions: " + strings.Join(options, ", ") + "\n"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	got := strings.Join(lines, "")
	GoldenText(t, name+".golden", got)
}

// GoldenText compares a text with the file testdata/<file>, or writes it with -update.
func GoldenText(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read golden file (run with -update to write it): %v", err)
	}
	assert.Equal(t, string(want), got, "differs from %s", path)
}

// ARN is the one that a Recorder makes up for an AWS resource without one of its own
// form.
func ARN(typ, name string) string {
	id := strings.ToLower(string(tokens.Type(typ).Name())) + "/" + name
	return computed(Registration{Type: typ, Name: name, ID: id})["arn"].StringValue()
}

// Plain turns a property value into plain Go values: secrets unwrapped, numbers
// float64. Unknown values never get here: the SDK's mocks leave such inputs out.
func Plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return Plain(v.SecretValue().Element)
	case v.IsArray():
		list := []any{}
		for _, element := range v.ArrayValue() {
			list = append(list, Plain(element))
		}
		return list
	case v.IsObject():
		object := map[string]any{}
		for key, element := range v.ObjectValue() {
			object[string(key)] = Plain(element)
		}
		return object
	}
	return v.Mappable()
}
