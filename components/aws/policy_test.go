package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
)

// goldenPolicy compares a policy with testdata/<name>.json, or writes it with -update.
func goldenPolicy(t *testing.T, name, document string) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(document), "", "  "); err != nil {
		t.Fatalf("policy is no JSON: %v\n%s", err, document)
	}
	componenttest.GoldenText(t, name+".json", indented.String()+"\n")
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	const bucket = "arn:aws:s3:::ptd-demo01-staging-loki"
	issuers := []string{
		"https://oidc.eks.us-east-2.amazonaws.com/id/BBBB", "https://issuer.example.com/",
		"https://oidc.eks.us-east-2.amazonaws.com/id/AAAA", "oidc.eks.us-east-2.amazonaws.com/id/BBBB", "",
	}
	accounts := []string{"controller.aws-fsx-openzfs-csi-driver.posit.team", "nodes.aws-fsx-openzfs-csi-driver.posit.team"}
	for name, policy := range map[string]PolicyDocument{
		"load-balancer-controller-policy": LoadBalancerControllerPolicy(),
		"bucket-read-write-policy":        BucketReadWritePolicy(bucket, ""),
		"bucket-read-policy":              BucketReadPolicy(bucket, "/some/folder/"),
		"bucket-tls-only-policy":          tlsOnly(bucket),
		"service-account-trust":           ServiceAccountTrust(componenttest.Account, issuers, "kube-system", accounts),
		"service-account-trust-one":       ServiceAccountTrust(componenttest.Account, []string{mockIssuer}, "loki", []string{"loki.posit.team"}),
		"service-account-trust-nobody":    ServiceAccountTrust(componenttest.Account, nil, "kube-system", accounts),
	} {
		goldenPolicy(t, name, policy.JSON())
	}
}

func TestLoadBalancerControllerPolicyStatements(t *testing.T) {
	t.Parallel()
	statements := LoadBalancerControllerPolicy().Statement
	var actions []int
	for _, statement := range statements {
		if statement.Effect != Allow {
			t.Errorf("effect of %v is %s", statement.Action, statement.Effect)
		}
		actions = append(actions, len(statement.Action))
	}
	// The number of actions of the sheet's sixteen rows, and what later versions need.
	assert.Equal(t, []int{1, 23 + 6, 17, 2, 1, 1, 2, 3, 2, 4, 2, 2, 8 + 3, 1, 2, 5 + 1}, actions, "actions a statement")
}

func TestPolicyDocumentIsStable(t *testing.T) {
	t.Parallel()
	document := NewPolicyDocument(PolicyStatement{
		Principal: map[string][]string{"Service": {"b.example"}, "AWS": {"<&>"}},
		Condition: map[string]map[string][]string{"StringEquals": {"b": {"2"}, "a": {"1"}}, "Null": {"c": {"true"}}},
	})
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["<&>"],"Service":["b.example"]},` +
		`"Condition":{"Null":{"c":["true"]},"StringEquals":{"a":["1"],"b":["2"]}}}]}`
	for range 20 {
		require.Equal(t, want, document.JSON(), "document")
	}
	if got := NewPolicyDocument().JSON(); got != `{"Version":"2012-10-17","Statement":[]}` {
		t.Errorf("document without statements: %s", got)
	}
}

func ExamplePolicyOf() {
	bucketARN := pulumi.String("arn:aws:s3:::demo") // in a program, the output of a Bucket
	policy := PolicyOf(pulumi.StringArray{bucketARN}, func(arns []string) PolicyDocument {
		return NewPolicyDocument(PolicyStatement{Action: Actions("s3", "GetObject"), Resource: []string{arns[0] + "/public/*"}})
	})
	err := componenttest.New().Exec(func(ctx *pulumi.Context) error {
		document := componenttest.Await(ctx, policy)
		fmt.Println(document.Value)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::demo/public/*"]}]}
}

func ExampleActions() {
	fmt.Println(slices.Concat(Actions("s3", "GetObject", "PutObject"), Actions("ec2", "DescribeVpcs")))
	// Output: [s3:GetObject s3:PutObject ec2:DescribeVpcs]
}
