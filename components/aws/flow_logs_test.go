package aws

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

func TestFlowLogs(t *testing.T) {
	t.Parallel()
	const (
		otherGroup = "arn:aws:logs:us-west-2:999999999999:log-group:central:*"
		bucket     = "arn:aws:s3:::central-logs/vpc"
		stream     = "arn:aws:firehose:us-east-2:999999999999:deliverystream/central"
		own        = "arn:aws:logs:us-east-2:123456789012:log-group:demo01-staging-VPCFlowLogs"
		role       = "demo01-staging-flow-logs-iam-role.posit.team"
		roleARN    = "arn:aws:iam::123456789012:role/" + role
	)
	args := workloadVpcArgs()
	args.FlowLogs.ExtraDestinations = []string{otherGroup, bucket, stream}
	args.FlowLogs.KMSKeyARN = pulumi.String("key")
	r := componenttest.Run(t, makeVpc(args))
	r.Golden(t, "vpc-flow-logs")

	tags := map[string]any{"Name": "demo01-staging", "posit.team/managed-by": "test"}
	for name, want := range map[string]struct{ destination, kind, role any }{
		"demo01-staging-flow-log":   {own, nil, roleARN},
		"demo01-staging-flow-log-0": {strings.TrimSuffix(otherGroup, ":*"), "cloud-watch-logs", roleARN},
		"demo01-staging-flow-log-1": {bucket, "s3", nil},
		"demo01-staging-flow-log-2": {stream, "kinesis-data-firehose", nil},
	} {
		r.Find(t, flowLogType, name).Want(t, map[string]any{
			"vpcId": "vpc/demo01-staging", "logDestination": want.destination, "logDestinationType": want.kind,
			"iamRoleArn": want.role, "trafficType": "ALL", "maxAggregationInterval": 60.0, "tags": tags,
			"logFormat": "${version} ${account-id} ${vpc-id} ${subnet-id} ${interface-id} ${flow-direction} ${action} " +
				"${srcaddr} ${srcport} ${dstaddr} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${log-status}",
		})
	}
	r.Find(t, "aws:cloudwatch/logGroup:LogGroup", "demo01-staging-flow-logs-group").Want(t, map[string]any{
		"name": "demo01-staging-VPCFlowLogs", "retentionInDays": 30.0, "kmsKeyId": "key", "tags": tags,
	})
	r.Find(t, "aws:iam/role:Role", role).Want(t, map[string]any{
		"name": role, "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary", "tags": nil,
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})

	var document any
	policy := r.Find(t, "aws:iam/rolePolicy:RolePolicy", role+"-role-policy").Args()["policy"].(string)
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{
			"Effect": "Allow",
			"Action": []any{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"},
			"Resource": []any{
				own, own + ":*",
				"arn:aws:logs:us-west-2:999999999999:log-group:central", "arn:aws:logs:us-west-2:999999999999:log-group:central:*",
			},
		},
		map[string]any{
			"Effect": "Allow",
			"Action": []any{"logs:DescribeLogGroups"},
			"Resource": []any{
				"arn:aws:logs:us-east-2:123456789012:log-group:*",
				"arn:aws:logs:us-west-2:999999999999:log-group:*",
			},
		},
	}}
	assert.Equal(t, want, document, "role policy")
}
