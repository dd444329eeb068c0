package aws

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// PolicyVersion is the version of the policy language that documents are written in.
const PolicyVersion = "2012-10-17"

// The effects of a PolicyStatement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// PolicyDocument is an IAM policy: what a role may do, who may assume it, or who may
// use a bucket.
type PolicyDocument struct {
	Version   string
	Statement []PolicyStatement
}

// PolicyStatement is one statement of a PolicyDocument. What is empty is left out,
// but for Effect, which is Allow then. Values are always lists, also of one element:
// the service takes both forms for the same.
type PolicyStatement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string][]string            `json:",omitempty"` // kind ("AWS", "Service", "Federated"): who
	Action    []string                       `json:",omitempty"`
	Resource  []string                       `json:",omitempty"`
	Condition map[string]map[string][]string `json:",omitempty"` // operator: key: values
}

// NewPolicyDocument is a document of the statements, in their order.
func NewPolicyDocument(statements ...PolicyStatement) PolicyDocument {
	document := PolicyDocument{Version: PolicyVersion, Statement: make([]PolicyStatement, len(statements))}
	for i, statement := range statements {
		if statement.Effect == "" {
			statement.Effect = Allow
		}
		document.Statement[i] = statement
	}
	return document
}

// JSON encodes the document without white space, keys in a fixed order, so that the
// same document is always the same text.
func (d PolicyDocument) JSON() string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		panic(fmt.Sprintf("encode policy document: %v", err)) // strings only: it cannot fail
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// PolicyOf is the JSON of a document that needs values which are not known yet: ARNs
// of buckets or zones, say. build gets them in their order.
func PolicyOf(values pulumi.StringArrayInput, build func(values []string) PolicyDocument) pulumi.StringOutput {
	return apply.To(values.ToStringArrayOutput(), func(values []string) string {
		return build(values).JSON()
	}).(pulumi.StringOutput)
}

// Actions names actions of one service: Actions("s3", "GetObject") is ["s3:GetObject"].
func Actions(service string, names ...string) []string {
	actions := make([]string, len(names))
	for i, name := range names {
		actions[i] = service + ":" + name
	}
	return actions
}
