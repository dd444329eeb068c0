package aws

import (
	"context"
	"maps"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// Accounts implements the calls behind ptd's actions on the sandbox's store. The
// caller is the admin role of every account.
func Accounts(cloud *sandbox.Cloud) awsedge.Cloud { return accounts{cloud} }

type accounts struct{ cloud *sandbox.Cloud }

func (a accounts) Account(_ context.Context, accountID, region string) (awsedge.Account, error) {
	return &account{cloud: a.cloud, id: accountID, region: region}, nil
}

// account implements all of the narrow interfaces; the accessors only choose one.
type account struct {
	cloud      *sandbox.Cloud
	id, region string
}

func (a *account) Identity(context.Context) (awsedge.Identity, error) {
	return awsedge.Identity{AccountID: a.id, ARN: callerARN(a.id)}, nil
}

func (a *account) Buckets() awsedge.Buckets { return bucketCalls{a} }

func (a *account) Keys() awsedge.Keys { return keyCalls{a} }

func (a *account) Policies() awsedge.Policies { return policyCalls{a} }

func (a *account) Secrets() awsedge.Secrets { return secretCalls{a} }

// do runs a call alone, with the faults that match it.
func (a *account) do(operation, typ, name string, call func() error) error {
	after, err := a.cloud.Fault(operation, typ, name)
	if err == nil {
		err = a.cloud.Do(call)
	}
	if err == nil {
		after()
	}
	return err
}

// named finds an object of the account by a property.
func (a *account) named(typ, property, value string) *sandbox.Object {
	for _, object := range a.cloud.OfType(typ) {
		inRegion := object.Region == "" || object.Region == a.region
		if object.Account == a.id && inRegion && (object.String(property) == value || object.ID == value) {
			return object
		}
	}
	return nil
}

// change writes a changed copy of an object.
func (a *account) change(object *sandbox.Object, inputs, outputs map[string]any) error {
	changed := *object
	changed.Inputs, changed.Outputs = maps.Clone(object.Inputs), maps.Clone(object.Outputs)
	if changed.Outputs == nil {
		changed.Outputs = map[string]any{}
	}
	maps.Copy(changed.Inputs, inputs)
	maps.Copy(changed.Outputs, outputs)
	return a.cloud.Put(&changed)
}

func anyTags(tags map[string]string) map[string]any {
	converted := map[string]any{}
	for key, value := range tags {
		converted[key] = value
	}
	return converted
}

func stringTags(object *sandbox.Object) map[string]string {
	tags := map[string]string{}
	converted, _ := object.Get("tags").(map[string]any)
	for key, value := range converted {
		tags[key], _ = value.(string)
	}
	return tags
}
