package awsworkload

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/stacks/config"
)

func TestAdvice(t *testing.T) {
	w := &workload{
		target: &config.Target{Name: "example"},
		config: &config.AWSWorkload{AccountID: "111122223333", Region: "us-east-2"},
	}
	for _, test := range []struct{ typ, message, want string }{
		{"aws:ec2/vpc:Vpc", "creating EC2 VPC: VpcLimitExceeded: The maximum number of VPCs has been reached.", "--service-code vpc --quota-code L-F678F1CE"},
		{"aws:ec2/eip:Eip", "AddressLimitExceeded: The maximum number of addresses has been reached.", "L-0263D0A3"},
		{"aws:ec2/securityGroupRule:SecurityGroupRule", "RulesPerSecurityGroupLimitExceeded: too many", "L-0EA8095F"},
		{"aws:eks/nodeGroup:NodeGroup", "AsgInstanceLaunchFailures: VcpuLimitExceeded: You have requested more vCPU capacity", "L-1216C47A Standard, L-DB2E81BA"},
		{"aws:iam/role:Role", "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", "--region us-east-1 --service-code iam --quota-code L-FE177D64"},
		{"aws:iam/role:Role", "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048", "--service-code iam --quota-code CODE"},
		{"aws:acm/certificate:Certificate", "LimitExceededException: Error: you have reached your limit of 20 certificates", "L-F141DD1D"},
		{"aws:eks/cluster:Cluster", "ResourceLimitExceededException: Cluster limit exceeded", "L-1194D53C"},
		{"aws:sqs/queue:Queue", "ServiceQuotaExceededException: no more", "Service Quotas in the console"},
		{"aws:eks/nodeGroup:NodeGroup", "InsufficientInstanceCapacity: We currently do not have sufficient capacity", "mp_instance_type"},
		{"aws:rds/instance:Instance", "InsufficientDBInstanceCapacity: no capacity", "db_instance_class"},
		{"aws:ec2/instance:Instance", "OptInRequired: In order to use this AWS Marketplace product you need to accept terms", "accepts the terms"},
		{"aws:ec2/instance:Instance", "PendingVerification: Your account is currently being verified.", "AWS verifies account 111122223333"},
		{"aws:ec2/route:Route", "InvalidStateTransition: the peering connection is in state pending-acceptance", "accept-vpc-peering-connection"},
		{
			"aws:s3/bucketV2:BucketV2", "AccessDenied: User: arn:aws:iam::1:user/me is not authorized to perform: s3:CreateBucket on resource: arn:aws:s3:::b because no identity-based policy allows the s3:CreateBucket action",
			`arn:aws:iam::1:user/me may not do s3:CreateBucket on arn:aws:s3:::b: whoever administers it adds a statement to its policies: {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::b"}`,
		},
		{"aws:s3/bucketV2:BucketV2", "User: a is not authorized to perform: s3:CreateBucket because no permissions boundary allows it", "its permissions boundary"},
		{"aws:ec2/vpc:Vpc", "UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: 4hVx_-a", "--encoded-message 4hVx_-a"},
		{"aws:s3/bucketV2:BucketV2", "AccessDenied: Access Denied", "aws sts get-caller-identity"},
		{"aws:acm/certificateValidation:CertificateValidation", "unexpected state 'FAILED': CAA_ERROR", "CAA record"},
		{"aws:ec2/vpc:Vpc", "InvalidParameterValue: no", ""},
	} {
		told, err := w.advise(context.Background(), step.State{}, step.Failure{URN: "urn:pulumi:s::p::" + test.typ + "::x", Message: test.message})
		require.NoError(t, err)
		if test.want == "" {
			assert.Empty(t, told)
			continue
		}
		assert.Contains(t, told, test.want, test.message)
	}
}

func TestDelegation(t *testing.T) {
	w := &workload{target: &config.Target{Name: "example"}, config: &config.AWSWorkload{}}
	zones := map[string]zone{
		"demo.example.com":     {domain: "demo.example.com", id: "Z1", servers: []string{"ns-1.awsdns-00.com", "ns-2.awsdns-00.net"}},
		"lab.demo.example.com": {domain: "lab.demo.example.com", id: "Z2", servers: []string{"ns-3.awsdns-00.com"}},
		"inner.example.com":    {domain: "inner.example.com", id: "Z3", servers: []string{"ns-4.awsdns-00.com"}, private: true},
	}
	told := w.describeDelegation(config.Domain{Name: "demo.example.com", Primary: "main"}, zones)
	assert.Contains(t, told, "example.com (whoever keeps that zone")
	assert.Contains(t, told, "demo.example.com. 300 IN NS ns-1.awsdns-00.com.\n")
	assert.Contains(t, told, "demo.example.com. 300 IN NS ns-2.awsdns-00.net.\n")
	told = w.describeDelegation(config.Domain{Name: "lab.demo.example.com", Primary: "lab"}, zones)
	assert.Contains(t, told, "zone Z1 of this workload (demo.example.com) has to have", "a zone below one of our own")
	told = w.describeDelegation(config.Domain{Name: "inner.example.com", Primary: "main"}, zones)
	assert.Contains(t, told, "zone Z3 of inner.example.com is private")
	assert.Contains(t, w.describeDelegation(config.Domain{Name: "other.org", Primary: "main"}, zones), "public zone which answers for other.org")
}
