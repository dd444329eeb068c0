package aws

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// FlowLogsArgs says where a Vpc's traffic records go besides its own log group. The
// zero value is: nowhere.
type FlowLogsArgs struct {
	// ExtraDestinations are ARNs of log groups, with or without ":*" at the end, S3 buckets
	// (or folders in them) and Firehose streams. Those other than log groups must let the
	// log service write.
	ExtraDestinations []string
	// RetentionDays of the own log group; 30 if 0.
	RetentionDays int
	// KMSKeyARN encrypts the own log group with a key of the account's rather than
	// the log service's own.
	KMSKeyARN pulumi.StringPtrInput
	// PermissionsBoundary of the role that writes, a policy ARN.
	PermissionsBoundary pulumi.StringPtrInput
}

var flowLogFormat = "${" + strings.Join([]string{
	"version", "account-id", "vpc-id", "subnet-id", "interface-id", "flow-direction", "action", "srcaddr", "srcport",
	"dstaddr", "dstport", "protocol", "packets", "bytes", "start", "end", "log-status",
}, "} ${") + "}"

// newFlowLogs makes the log group of a VPC's flow logs, the role that writes to it,
// and a flow log for it and for each extra destination. The flow log of the own
// group has the bare name; the others are numbered.
//
// (docs/reference/aws-workload-base.md 4.4)
func newFlowLogs(
	ctx *pulumi.Context, name string, args *FlowLogsArgs, vpc *ec2.Vpc, tags pulumi.StringMap, child pulumi.ResourceOption,
) error {
	retention := args.RetentionDays
	if retention == 0 {
		retention = 30
	}
	group, err := cloudwatch.NewLogGroup(ctx, name+"-flow-logs-group", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(name + "-VPCFlowLogs"),
		RetentionInDays: pulumi.Int(retention),
		KmsKeyId:        args.KMSKeyARN,
		Tags:            tags,
	}, child)
	if err != nil {
		return err
	}

	roleName := name + "-flow-logs-iam-role.posit.team"
	role, err := iam.NewRole(ctx, roleName, &iam.RoleArgs{
		Name:                pulumi.String(roleName),
		AssumeRolePolicy:    trustService("vpc-flow-logs.amazonaws.com"),
		PermissionsBoundary: args.PermissionsBoundary,
	}, child)
	if err != nil {
		return err
	}

	type destination struct {
		suffix, kind string
		arn          pulumi.StringInput
	}
	var destinations []destination
	groups := pulumi.StringArray{group.Arn}
	for i, arn := range args.ExtraDestinations {
		kind, err := flowLogDestinationType(arn)
		if err != nil {
			return err
		}
		// The provider reads it without the suffix, and would replace the flow log on every
		// run (docs/reference/aws-replacement.md).
		arn = strings.TrimSuffix(arn, ":*")
		if kind == logGroupDestination {
			groups = append(groups, pulumi.String(arn))
		}
		destinations = append(destinations, destination{fmt.Sprintf("-%d", i), kind, pulumi.String(arn)})
	}
	// The own group's flow log leaves the type to the provider's default, as it always did.
	destinations = append(destinations, destination{"", "", group.Arn})

	policyName := roleName + "-role-policy"
	policy, err := iam.NewRolePolicy(ctx, policyName, &iam.RolePolicyArgs{
		Name:   pulumi.String(policyName),
		Role:   role.ID(),
		Policy: apply.To(groups.ToStringArrayOutput(), flowLogPolicy).(pulumi.StringOutput),
	}, child)
	if err != nil {
		return err
	}
	for _, to := range destinations {
		flowLog := &ec2.FlowLogArgs{
			VpcId:                  vpc.ID(),
			LogDestination:         to.arn,
			TrafficType:            pulumi.String("ALL"),
			MaxAggregationInterval: pulumi.Int(60),
			LogFormat:              pulumi.String(flowLogFormat),
			Tags:                   tags,
		}
		if to.kind != "" {
			flowLog.LogDestinationType = pulumi.String(to.kind)
		}
		if to.kind == "" || to.kind == logGroupDestination { // the others take no role
			flowLog.IamRoleArn = role.Arn
		}
		_, err := ec2.NewFlowLog(ctx, name+"-flow-log"+to.suffix, flowLog,
			pulumi.Parent(vpc), pulumi.DependsOn([]pulumi.Resource{policy}))
		if err != nil {
			return err
		}
	}
	return nil
}

const logGroupDestination = "cloud-watch-logs"

// flowLogDestinationType tells from an ARN what kind of destination it is.
func flowLogDestinationType(arn string) (string, error) {
	kinds := map[string]string{"logs": logGroupDestination, "s3": "s3", "firehose": "kinesis-data-firehose"}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		if kind, ok := kinds[parts[2]]; ok {
			return kind, nil
		}
	}
	return "", fmt.Errorf("flow-log destination %q: want the ARN of a log group, an S3 bucket or a Firehose stream", arn)
}

// flowLogPolicy lets a role write to the log groups with the given ARNs, and to no
// other. Log groups can only be listed, not described one by one, so that listing
// is allowed for the account and region of each.
func flowLogPolicy(groups []string) (string, error) {
	var within, listing []string
	for _, group := range groups {
		within = append(within, group, group+":*")
		parts := strings.SplitN(group, ":", 7)
		list := strings.Join(parts[:min(6, len(parts))], ":") + ":*"
		if len(listing) == 0 || listing[len(listing)-1] != list {
			listing = append(listing, list)
		}
	}
	statement := func(actions, resources []string) map[string]any {
		return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources}
	}
	document, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{
			statement([]string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"}, within),
			statement([]string{"logs:DescribeLogGroups"}, listing),
		},
	})
	return string(document), err
}
