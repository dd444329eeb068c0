package aws

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// DefaultTailscaleImage is pinned: the router changes when ptd says so.
const DefaultTailscaleImage = "tailscale/tailscale:v1.84.2"

// TailscaleRouterArgs says what a TailscaleRouter gives access to. Network,
// SubnetIDs, Region, AccountID, Hostname and AuthKeySecretARN are required.
type TailscaleRouterArgs struct {
	Network Network
	// SubnetIDs are where the router runs. In public subnets it needs AssignPublicIP
	// to reach the internet, and peers connect to it directly; in private ones it
	// goes through their NAT gateways, and peers may have to use a relay.
	SubnetIDs      pulumi.StringArrayInput
	AssignPublicIP bool
	Region         pulumi.StringInput
	AccountID      pulumi.StringInput
	// Hostname is how the tailnet knows the router, before "-{region}-{account}".
	Hostname string
	// AuthKeySecretARN is a Secrets Manager secret that holds the auth key.
	AuthKeySecretARN pulumi.StringInput
	// Image is the container image; DefaultTailscaleImage if "".
	Image string
	// ExecuteCommand lets operators open a shell in the container through Systems
	// Manager.
	ExecuteCommand bool
	// PermissionsBoundary of both roles, a policy ARN.
	PermissionsBoundary pulumi.StringPtrInput
	Tags                map[string]string
}

// TailscaleRouter is a Tailscale subnet router on Fargate that advertises a
// network's address block to a tailnet. It lets nothing in but what it asked for.
type TailscaleRouter struct {
	pulumi.ResourceState

	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
	ServiceARN      pulumi.StringOutput `pulumi:"serviceArn"`
}

// NewTailscaleRouter makes a TailscaleRouter; name, {ts} in the sheets, is
// "{cn}-tailscale". It waits until the service is steady: a router that the
// tailnet does not accept fails the update.
//
// (docs/reference/aws-workload-base.md 4.6, rows 38 to 45;
// docs/reference/aws-control-room.md 7.2)
func NewTailscaleRouter(
	ctx *pulumi.Context, name string, args *TailscaleRouterArgs, opts ...pulumi.ResourceOption,
) (*TailscaleRouter, error) {
	if args == nil || args.Network.ID.OutputState == nil || args.SubnetIDs == nil || args.Region == nil ||
		args.AccountID == nil || args.Hostname == "" || args.AuthKeySecretARN == nil {
		return nil, errors.New("tailscale router " + name +
			": network, subnets, region, account, hostname and the secret of the auth key are required")
	}
	router := &TailscaleRouter{}
	err := components.Register(ctx, "ptd:aws:TailscaleRouter", name, router, func(child pulumi.ResourceOption) error {
		routerTags := tags(args.Tags, map[string]string{"rs:project": "security", "rs:subsystem": "tailscale"})

		group, err := ec2.NewSecurityGroup(ctx, name+"-sg", &ec2.SecurityGroupArgs{
			Name:        pulumi.String(name),
			Description: pulumi.String("Tailscale Fargate Security Group"),
			VpcId:       args.Network.ID,
			Tags:        tags(nameTag(name)),
		}, child)
		if err != nil {
			return err
		}
		// Open on purpose: peers are anywhere, on any UDP port.
		egress, err := vpc.NewSecurityGroupEgressRule(ctx, name+"-sg-egress", &vpc.SecurityGroupEgressRuleArgs{
			SecurityGroupId: group.ID(),
			CidrIpv4:        pulumi.String(anywhere),
			IpProtocol:      pulumi.String("-1"),
		}, child)
		if err != nil {
			return err
		}
		cluster, err := ecs.NewCluster(ctx, name+"-fargate", &ecs.ClusterArgs{
			Name: pulumi.String(name),
			Tags: routerTags,
		}, child)
		if err != nil {
			return err
		}
		logs, err := cloudwatch.NewLogGroup(ctx, name+"-log-group", &cloudwatch.LogGroupArgs{
			Name:            pulumi.String("/aws/ecs/" + name),
			RetentionInDays: pulumi.Int(60),
			Tags:            routerTags,
		}, child)
		if err != nil {
			return err
		}
		execution, task, err := tailscaleRoles(ctx, name, args, child)
		if err != nil {
			return err
		}
		definition, err := ecs.NewTaskDefinition(ctx, name+"-task", &ecs.TaskDefinitionArgs{
			Family:                  pulumi.String(name),
			RequiresCompatibilities: pulumi.ToStringArray([]string{"FARGATE"}),
			NetworkMode:             pulumi.String("awsvpc"),
			RuntimePlatform: ecs.TaskDefinitionRuntimePlatformArgs{
				CpuArchitecture:       pulumi.String("ARM64"),
				OperatingSystemFamily: pulumi.String("LINUX"),
			},
			Cpu:                  pulumi.String("256"),
			Memory:               pulumi.String("512"),
			ExecutionRoleArn:     execution.Arn,
			TaskRoleArn:          task.Arn,
			ContainerDefinitions: tailscaleContainers(name, args),
			Tags:                 routerTags,
		}, child)
		if err != nil {
			return err
		}
		service, err := ecs.NewService(ctx, name+"-service", &ecs.ServiceArgs{
			Name:                 pulumi.String(name),
			Cluster:              cluster.Arn,
			TaskDefinition:       definition.Arn,
			LaunchType:           pulumi.String("FARGATE"),
			DesiredCount:         pulumi.Int(1),
			EnableEcsManagedTags: pulumi.Bool(true),
			EnableExecuteCommand: pulumi.Bool(args.ExecuteCommand),
			WaitForSteadyState:   pulumi.Bool(true),
			PropagateTags:        pulumi.String("SERVICE"),
			NetworkConfiguration: ecs.ServiceNetworkConfigurationArgs{
				AssignPublicIp: pulumi.Bool(args.AssignPublicIP),
				Subnets:        args.SubnetIDs,
				SecurityGroups: pulumi.StringArray{group.ID()},
			},
			Tags: routerTags,
		}, child, pulumi.DependsOn([]pulumi.Resource{egress, logs}))
		if err != nil {
			return err
		}
		router.SecurityGroupID = group.ID().ToStringOutput()
		router.ServiceARN = service.ID().ToStringOutput() // the id of a service is its ARN
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return router, nil
}

// tailscaleRoles makes the role that starts the task (reads the auth key, writes
// logs) and the one the task runs as (keeps its state in a parameter).
func tailscaleRoles(
	ctx *pulumi.Context, name string, args *TailscaleRouterArgs, child pulumi.ResourceOption,
) (execution, task *iam.Role, err error) {
	// Shells go through Systems Manager. Without them the list is empty, not absent:
	// an absent one would leave attached what is attached.
	shell := pulumi.StringArray{}
	if args.ExecuteCommand {
		shell = append(shell, pulumi.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"))
	}
	for _, role := range []struct {
		made                           **iam.Role
		logical, physical, description string
		managed                        pulumi.StringArray
		inline                         string
		actions                        []string
		resource                       pulumi.StringOutput
	}{
		{
			&execution, "-ecs-task-execution-role.posit.team", "-TaskExecution.posit.team", " Fargate Task Execution",
			pulumi.ToStringArray([]string{"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}),
			"tailscale-secrets-access",
			[]string{"secretsmanager:GetSecretValue"},
			args.AuthKeySecretARN.ToStringOutput(),
		},
		{
			&task, "-ecs-task-role.posit.team", "-Task.posit.team", " Fargate Task",
			shell,
			"tailscale-ssm-parameter-access",
			[]string{"ssm:GetParameter", "ssm:PutParameter"},
			pulumi.Sprintf("arn:aws:ssm:%s:%s:parameter/%s/ts-state", args.Region, args.AccountID, name),
		},
	} {
		policy := apply.To(role.resource, func(resource string) (string, error) {
			document, err := json.Marshal(map[string]any{
				"Version":   "2012-10-17",
				"Statement": []any{map[string]any{"Effect": "Allow", "Action": role.actions, "Resource": resource}},
			})
			return string(document), err
		}).(pulumi.StringOutput)
		*role.made, err = iam.NewRole(ctx, name+role.logical, &iam.RoleArgs{
			Name:                pulumi.String(name + role.physical),
			Description:         pulumi.String("Role for " + name + role.description),
			AssumeRolePolicy:    trustService("ecs-tasks.amazonaws.com"),
			PermissionsBoundary: args.PermissionsBoundary,
			ManagedPolicyArns:   role.managed,
			InlinePolicies: iam.RoleInlinePolicyArray{iam.RoleInlinePolicyArgs{
				Name:   pulumi.String(role.inline),
				Policy: policy,
			}},
		}, child)
		if err != nil {
			return nil, nil, err
		}
	}
	return execution, task, nil
}

// The part of an ECS container definition that the router uses.
type (
	ecsContainer struct {
		Name        string         `json:"name"`
		Image       string         `json:"image"`
		Essential   bool           `json:"essential"`
		Environment []ecsVariable  `json:"environment"`
		Secrets     []ecsSecret    `json:"secrets"`
		Logs        ecsLogs        `json:"logConfiguration"`
		HealthCheck ecsHealthCheck `json:"healthCheck"`
	}
	ecsVariable struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	ecsSecret struct {
		Name      string `json:"name"`
		ValueFrom string `json:"valueFrom"`
	}
	ecsLogs struct {
		Driver  string            `json:"logDriver"`
		Options map[string]string `json:"options"`
	}
	ecsHealthCheck struct {
		Command     []string `json:"command"`
		Interval    int      `json:"interval"` // seconds, as below
		Timeout     int      `json:"timeout"`
		Retries     int      `json:"retries"`
		StartPeriod int      `json:"startPeriod"`
	}
)

// tailscaleContainers is the task's one container, as JSON. The health check takes
// effect, unlike that of the older system (its key was misspelt, its command
// lacked CMD), and gives the router a minute to log in.
func tailscaleContainers(name string, args *TailscaleRouterArgs) pulumi.StringOutput {
	image := args.Image
	if image == "" {
		image = DefaultTailscaleImage
	}
	return apply.To(pulumi.All(args.Region, args.AccountID, args.AuthKeySecretARN), func(v []any) (string, error) {
		region, account, authKey := v[0].(string), v[1].(string), v[2].(string)
		document, err := json.Marshal([]ecsContainer{{
			Name:      "tailscale",
			Image:     image,
			Essential: true,
			Environment: []ecsVariable{
				{"TS_HOSTNAME", fmt.Sprintf("%s-%s-%s", args.Hostname, region, account)},
				{"TS_ROUTES", args.Network.CIDR},
				{"TS_EXTRA_ARGS", "--advertise-tags=tag:ptd"},
			},
			Secrets: []ecsSecret{{"TS_AUTHKEY", authKey}},
			Logs: ecsLogs{"awslogs", map[string]string{
				"awslogs-create-group":  "true",
				"awslogs-group":         "/aws/ecs/" + name,
				"awslogs-region":        region,
				"awslogs-stream-prefix": name,
				"mode":                  "non-blocking",
				"max-buffer-size":       "25m",
			}},
			HealthCheck: ecsHealthCheck{
				Command: []string{"CMD", "tailscale", "status"}, Interval: 30, Timeout: 5, Retries: 3, StartPeriod: 60,
			},
		}})
		return string(document), err
	}).(pulumi.StringOutput)
}
