package aws

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestIdentifier(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	home := object{"region": "us-east-2", "allowedAccountIds": []any{"123456789012"}}
	for _, test := range []struct {
		typ              string
		inputs, provider object
		id               string
		unknown          bool
	}{
		{typ: "aws:iam/role:Role", inputs: object{"name": "reader"}, id: "reader"},
		{typ: "aws:iam/role:Role", inputs: object{"namePrefix": "reader"}, unknown: true},
		{typ: "aws:iam/policy:Policy", inputs: object{"name": "read"}, provider: home, id: "arn:aws:iam::123456789012:policy/read"},
		{
			typ: "aws:iam/policy:Policy", inputs: object{"name": "read", "path": "/posit/"},
			provider: object{"region": "us-gov-west-1", "allowedAccountIds": `["123456789012"]`}, // as some languages write it
			id:       "arn:aws-us-gov:iam::123456789012:policy/posit/read",
		},
		{typ: "aws:iam/policy:Policy", inputs: object{"name": "read"}, provider: object{"region": "us-east-2"}, unknown: true},
		{
			typ: "aws:iam/policy:Policy", inputs: object{"name": "read"},
			provider: object{"region": "us-east-2", "allowedAccountIds": []any{"123456789012", "210987654321"}}, unknown: true,
		},
		{
			typ: "aws:iam/openIdConnectProvider:OpenIdConnectProvider", inputs: object{"url": "https://oidc.example.com/id/1"}, provider: home,
			id: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/1",
		},
		{
			typ: "aws:sqs/queue:Queue", inputs: object{"name": "events"},
			provider: object{"region": "cn-north-1", "allowedAccountIds": []any{"123456789012"}},
			id:       "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events",
		},
		{typ: "aws:ec2/networkAclRule:NetworkAclRule", inputs: object{"networkAclId": "acl-1", "ruleNumber": 100.0, "protocol": "tcp"}, id: "acl-1:100:tcp:false"},
		{typ: "aws:cloudwatch/eventRule:EventRule", inputs: object{"name": "interruption"}, id: "default/interruption"},
		{
			typ: "aws:route53/record:Record", inputs: object{"zoneId": "Z1", "name": "_1.example.com.", "type": "CNAME"},
			id: "Z1__1.example.com_CNAME",
		},
		{
			typ:    "aws:route53/record:Record",
			inputs: object{"zoneId": "Z1", "name": "*.example.com", "type": "A", "setIdentifier": "demo01-staging-20250115"},
			id:     "Z1_*.example.com_A_demo01-staging-20250115",
		},
		{typ: "aws:rds/instance:Instance", inputs: object{"identifier": "main"}, id: "main"},
		{typ: "aws:acm/certificateValidation:CertificateValidation"},
		{typ: "aws:ec2/vpc:Vpc", inputs: object{"tags": object{"Name": "main"}}, unknown: true},
	} {
		id, ok := Identifier(test.typ, resource.NewPropertyMapFromMap(test.inputs), resource.NewPropertyMapFromMap(test.provider))
		if id != test.id || ok == test.unknown {
			t.Errorf("%s %v: got %q, %v", test.typ, test.inputs, id, ok)
		}
	}
	unknown := resource.PropertyMap{"name": resource.MakeComputed(resource.NewStringProperty(""))}
	if id, ok := Identifier("aws:iam/role:Role", unknown, nil); ok {
		t.Errorf("an unknown name identifies %q", id)
	}
	secret := resource.PropertyMap{"name": resource.MakeSecret(resource.NewStringProperty("reader"))}
	if id, ok := Identifier("aws:iam/role:Role", secret, nil); !ok || id != "reader" {
		t.Errorf("a secret name identifies %q, %v", id, ok)
	}
}
