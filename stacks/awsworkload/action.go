package awsworkload

import "github.com/ptd-go/ptd/stacks/action"

// Change tells of one object that an action looked at.
type Change = action.Change

// The operations of actions.
const (
	Create = action.Create
	Update = action.Update
	Same   = action.Same
)

// The types that actions report.
const (
	bucketType = "aws:s3:Bucket"
	keyType    = "aws:kms:Key"
	policyType = "aws:iam:Policy"
	secretType = "aws:secretsmanager:Secret"

	mountTargetType = "aws:efs:MountTarget"
)
