// Package aws simulates the AWS provider of Pulumi, and the AWS calls behind ptd's
// actions, on a sandbox's store.
package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// anyAccount is the account of a provider that names none.
const anyAccount = "000000000000"

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, Package()) }

// Package describes the simulated provider. Its tables are made when they are first needed.
var Package = sync.OnceValue(func() *sandbox.Package {
	return &sandbox.Package{
		Name:      "aws",
		Types:     types(),
		Functions: functions(),
		Naming:    sandbox.Naming{Separator: "-", Digits: 7, Prefix: "Prefix"},
		Configure: configure,

		ReplacedByConfigure: true,
		GivenNamesGoFirst:   true,
		Orphaned:            orphaned,
	}
})

// types joins the services' tables and gives every taggable type its tagsAll.
func types() map[string]sandbox.Type {
	all := map[string]sandbox.Type{}
	for _, service := range []func() map[string]sandbox.Type{
		network, routes, networkACLs, securityGroups, groupRules, endpoints, compute, containers, identity, databases, buckets, fileSystems, domains, logs, secrets,
		clusterTypes, clusterAccess, nodeGroups, launchTemplates, addons, events,
	} {
		maps.Copy(all, service())
	}
	for token, typ := range all {
		if typ.Args != nil && hasField(typ.Args, "tags") {
			all[token] = tagged(token, typ)
		}
	}
	return all
}

// shape is the plain form of an SDK's arguments, which checks are made against.
func shape(args pulumi.Input) reflect.Type { return args.ElementType() }

func hasField(shape reflect.Type, name string) bool {
	for i := range shape.NumField() {
		if shape.Field(i).Tag.Get("pulumi") == name {
			return true
		}
	}
	return false
}

// pattern is a test of texts, which compiles its expression when it is first needed.
func pattern(expression string) func(text string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
	return func(text string) bool { return compiled().MatchString(text) }
}

var isRegion = pattern(`^[a-z]{2}(-[a-z]+)+-\d$`)

// configure finds the account and region that a provider works in.
func configure(in sandbox.Inputs) (account, region string, err error) {
	region, ok := in.Text("region")
	if !ok {
		return "", "", fmt.Errorf("invalid AWS Region: no region is configured")
	}
	if !isRegion(region) {
		return "", "", fmt.Errorf("invalid AWS Region: %s", region)
	}
	accounts := in.List("allowedAccountIds")
	if text, ok := in.Text("allowedAccountIds"); ok { // nested values may come as JSON
		if err := json.Unmarshal([]byte(text), &accounts); err != nil {
			return "", "", fmt.Errorf("allowedAccountIds: %w", err)
		}
	}
	if len(accounts) == 0 {
		return anyAccount, region, nil
	}
	account, _ = accounts[0].(string)
	return account, region, nil
}

func arn(o *sandbox.Operation, service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, o.Region, o.Account, resource)
}

// made is the Create of a type whose id has a prefix and whose ARN is of a service.
func made(prefix, service, resource string) func(*sandbox.Operation) error {
	return func(o *sandbox.Operation) error {
		o.ID = o.NewID(prefix, 17)
		if service != "" {
			o.Outputs["arn"] = arn(o, service, resource+o.ID)
		}
		return nil
	}
}

// named is the Create of a type whose id is its name.
func named(property, service, resource string) func(*sandbox.Operation) error {
	return func(o *sandbox.Operation) error {
		name, err := nameOf(o, property)
		if err != nil {
			return err
		}
		o.ID = name
		if service != "" {
			o.Outputs["arn"] = arn(o, service, resource+name)
		}
		return nil
	}
}

// nameOf returns the name that a resource asks for, generating it from a prefix.
func nameOf(o *sandbox.Operation, property string) (string, error) {
	if name, ok := o.Inputs.Text(property); ok {
		return name, nil
	}
	if prefix, ok := o.Inputs.Text(property + "Prefix"); ok {
		for attempt := 0; ; attempt++ { // a resource that is being replaced has a name already
			name := prefix + sandbox.Digest(26, o.Account, o.Region, o.URN, fmt.Sprint(attempt))
			taken := slices.ContainsFunc(o.Cloud.OfType(o.Type), func(other *sandbox.Object) bool {
				return other.Account == o.Account && other.String(property) == name
			})
			if !taken {
				o.Outputs[property] = name
				return name, nil
			}
		}
	}
	return "", fmt.Errorf("%s needs a %s", o.Type, property)
}
