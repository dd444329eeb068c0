package aws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	taskType    = "aws:ecs/taskDefinition:TaskDefinition"
	serviceType = "aws:ecs/service:Service"
)

func makeTailscaleRouter(change func(*TailscaleRouterArgs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		network := testNetwork()
		args := &TailscaleRouterArgs{
			Network: network, SubnetIDs: network.PublicSubnetIDs, AssignPublicIP: true,
			Region: pulumi.String(componenttest.Region), AccountID: pulumi.String(componenttest.Account), Hostname: "demo01-staging",
			AuthKeySecretARN:    pulumi.String("arn:auth-key"),
			PermissionsBoundary: pulumi.String("boundary"),
			Tags:                map[string]string{"posit.team/managed-by": "test"},
		}
		change(args)
		_, err := NewTailscaleRouter(ctx, "demo01-staging-tailscale", args)
		return err
	}
}

func TestTailscaleRouter(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeTailscaleRouter(func(*TailscaleRouterArgs) {}))
	r.Golden(t, "tailscale-router")
	const ts = "demo01-staging-tailscale"
	tags := map[string]any{"posit.team/managed-by": "test", "rs:project": "security", "rs:subsystem": "tailscale"}

	r.Find(t, groupType, ts+"-sg").Want(t, map[string]any{
		"name": ts, "description": "Tailscale Fargate Security Group", "vpcId": "vpc-1",
		"ingress": nil, "egress": nil, "tags": map[string]any{"Name": ts},
	})
	r.Find(t, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", ts+"-sg-egress").Want(t, map[string]any{
		"securityGroupId": "securitygroup/" + ts + "-sg", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1", "fromPort": nil, "toPort": nil,
	})
	r.Find(t, "aws:ecs/cluster:Cluster", ts+"-fargate").Want(t, map[string]any{"name": ts, "tags": tags})
	r.Find(t, "aws:cloudwatch/logGroup:LogGroup", ts+"-log-group").Want(t, map[string]any{
		"name": "/aws/ecs/" + ts, "retentionInDays": 60.0, "tags": tags,
	})
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	r.Find(t, "aws:iam/role:Role", ts+"-ecs-task-execution-role.posit.team").Want(t, map[string]any{
		"name": ts + "-TaskExecution.posit.team", "description": "Role for " + ts + " Fargate Task Execution",
		"assumeRolePolicy": trust, "permissionsBoundary": "boundary", "tags": nil,
		"managedPolicyArns": []any{"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"},
		"inlinePolicies": []any{map[string]any{
			"name": "tailscale-secrets-access",
			"policy": `{"Statement":[{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow",` +
				`"Resource":"arn:auth-key"}],"Version":"2012-10-17"}`,
		}},
	})
	r.Find(t, "aws:iam/role:Role", ts+"-ecs-task-role.posit.team").Want(t, map[string]any{
		"name": ts + "-Task.posit.team", "description": "Role for " + ts + " Fargate Task",
		"assumeRolePolicy": trust, "permissionsBoundary": "boundary", "tags": nil,
		"managedPolicyArns": []any{},
		"inlinePolicies": []any{map[string]any{
			"name": "tailscale-ssm-parameter-access",
			"policy": `{"Statement":[{"Action":["ssm:GetParameter","ssm:PutParameter"],"Effect":"Allow",` +
				`"Resource":"arn:aws:ssm:us-east-2:123456789012:parameter/` + ts + `/ts-state"}],"Version":"2012-10-17"}`,
		}},
	})
	task := r.Find(t, taskType, ts+"-task")
	task.Want(t, map[string]any{
		"family": ts, "requiresCompatibilities": []any{"FARGATE"}, "networkMode": "awsvpc", "cpu": "256", "memory": "512",
		"runtimePlatform":  map[string]any{"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
		"executionRoleArn": "arn:aws:iam::123456789012:role/" + ts + "-TaskExecution.posit.team",
		"taskRoleArn":      "arn:aws:iam::123456789012:role/" + ts + "-Task.posit.team", "tags": tags,
	})
	var containers any
	if err := json.Unmarshal([]byte(task.Args()["containerDefinitions"].(string)), &containers); err != nil {
		t.Fatal(err)
	}
	assert.Equal(t, []any{map[string]any{
		"name": "tailscale", "image": DefaultTailscaleImage, "essential": true,
		"environment": []any{
			map[string]any{"name": "TS_HOSTNAME", "value": "demo01-staging-us-east-2-123456789012"},
			map[string]any{"name": "TS_ROUTES", "value": "10.10.0.0/16"},
			map[string]any{"name": "TS_EXTRA_ARGS", "value": "--advertise-tags=tag:ptd"},
		},
		"secrets": []any{map[string]any{"name": "TS_AUTHKEY", "valueFrom": "arn:auth-key"}},
		"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{
			"awslogs-create-group": "true", "awslogs-group": "/aws/ecs/" + ts, "awslogs-region": "us-east-2",
			"awslogs-stream-prefix": ts, "mode": "non-blocking", "max-buffer-size": "25m",
		}},
		"healthCheck": map[string]any{
			"command": []any{"CMD", "tailscale", "status"}, "interval": 30.0, "timeout": 5.0, "retries": 3.0, "startPeriod": 60.0,
		},
	}}, containers, "container definitions")
	r.Find(t, serviceType, ts+"-service").Want(t, map[string]any{
		"name": ts, "launchType": "FARGATE", "desiredCount": 1.0, "enableEcsManagedTags": true, "enableExecuteCommand": false,
		"waitForSteadyState": true, "propagateTags": "SERVICE", "tags": tags,
		"cluster":        componenttest.ARN("aws:ecs/cluster:Cluster", ts+"-fargate"),
		"taskDefinition": componenttest.ARN(taskType, ts+"-task"),
		"networkConfiguration": map[string]any{
			"assignPublicIp": true, "subnets": []any{"subnet-p"}, "securityGroups": []any{"securitygroup/" + ts + "-sg"},
		},
	})
}

func TestTailscaleRouterOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeTailscaleRouter(func(a *TailscaleRouterArgs) {
		a.SubnetIDs, a.AssignPublicIP, a.ExecuteCommand, a.Image = a.Network.PrivateSubnetIDs, false, true, "registry.example/tailscale:v9"
	}))
	r.Find(t, "aws:iam/role:Role", "demo01-staging-tailscale-ecs-task-role.posit.team").Want(t, map[string]any{
		"managedPolicyArns": []any{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
	})
	r.Find(t, serviceType, "demo01-staging-tailscale-service").Want(t, map[string]any{
		"enableExecuteCommand": true,
		"networkConfiguration": map[string]any{
			"assignPublicIp": false, "subnets": []any{"subnet-a", "subnet-b"},
			"securityGroups": []any{"securitygroup/demo01-staging-tailscale-sg"},
		},
	})
	if got := r.Find(t, taskType, "demo01-staging-tailscale-task").Args()["containerDefinitions"].(string); !strings.Contains(
		got, `"image":"registry.example/tailscale:v9"`) {
		t.Errorf("container definitions %s lack the image asked for", got)
	}
	for name, remove := range map[string]func(*TailscaleRouterArgs){
		"network":  func(a *TailscaleRouterArgs) { a.Network = Network{} },
		"subnets":  func(a *TailscaleRouterArgs) { a.SubnetIDs = nil },
		"auth key": func(a *TailscaleRouterArgs) { a.AuthKeySecretARN = nil },
	} {
		err := componenttest.New().Exec(makeTailscaleRouter(remove))
		if err == nil || !strings.Contains(err.Error(), "are required") {
			t.Errorf("no %s: got error %v", name, err)
		}
	}
}

func ExampleNewTailscaleRouter() {
	program := func(ctx *pulumi.Context) error {
		network := testNetwork() // of a Vpc or an ExistingVpc
		_, err := NewTailscaleRouter(ctx, "demo01-staging-tailscale", &TailscaleRouterArgs{
			Network:          network,
			SubnetIDs:        network.PublicSubnetIDs,
			AssignPublicIP:   true,
			Region:           pulumi.String("us-east-2"),
			AccountID:        pulumi.String("123456789012"),
			Hostname:         "demo01-staging",
			AuthKeySecretARN: pulumi.String("arn:aws:secretsmanager:us-east-2:123456789012:secret:tailscale-authkey"),
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, service := range mocks.All(serviceType) {
		fmt.Println(service.Name, service.Args()["desiredCount"])
	}
	// Output: demo01-staging-tailscale-service 1
}
