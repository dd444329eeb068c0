package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/secret"
)

// WorkloadSecretIn holds the outputs of persistent that the workload secret passes
// on. A nil value is not known yet, which only a dry run may meet.
type WorkloadSecretIn struct {
	Config                                *config.AWSWorkload
	ChronicleBucket, PackageManagerBucket *string
	FSDNSName, FSRootVolumeID             *string
	DB, DBURL                             *string
	MimirPassword                         *string
}

// values are those of the secret by key.
func (in WorkloadSecretIn) values() map[string]*string {
	return map[string]*string{
		"chronicle-bucket":      in.ChronicleBucket,
		"fs-dns-name":           in.FSDNSName,
		"fs-root-volume-id":     in.FSRootVolumeID,
		"main-database-id":      in.DB,
		"main-database-url":     in.DBURL,
		"mimir-password":        in.MimirPassword,
		"packagemanager-bucket": in.PackageManagerBucket,
	}
}

// UpdateWorkloadSecret brings the workload secret up to date with the outputs of
// persistent (docs/reference/aws-workload-base.md 6.1). Keys that it does not own stay. It
// belongs after every run of persistent, also one that changed nothing: it repairs drift, and
// writes only when something differs.
func UpdateWorkloadSecret(ctx context.Context, secrets aws.Secrets, in WorkloadSecretIn, dryRun bool) ([]Change, error) {
	name, set := in.Config.WorkloadSecretName(), in.values()
	change, err := secret.Object{Store: secrets, Name: name, Type: secretType}.Merge(ctx, set, dryRun)
	if errors.Is(err, aws.ErrNotFound) {
		if dryRun {
			return []Change{{
				Operation: Update, Type: secretType, Name: name, Keys: slices.Sorted(maps.Keys(set)), Planned: true,
				Note: "bootstrap makes the secret",
			}}, nil
		}
		return nil, fmt.Errorf("update the workload secret: %w (bootstrap makes it: run `ptd ensure %s --only-steps bootstrap`)", err, in.Config.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("update the workload secret: %w", err)
	}
	return []Change{change}, nil
}

// MimirSecretIn says which control room learns the Mimir password of which workload.
type MimirSecretIn = secret.MimirIn

// UpdateMimirSecret is secret.UpdateMimir with the control room's account.
func UpdateMimirSecret(ctx context.Context, cloud aws.Cloud, in MimirSecretIn, dryRun bool) ([]Change, error) {
	return secret.UpdateMimir(ctx, in, func(ctx context.Context) (aws.Secrets, error) {
		account, err := cloud.Account(ctx, in.Workload.ControlRoomAccountID, in.Workload.ControlRoomRegion)
		if err != nil {
			return nil, fmt.Errorf("get credentials for account %s: %w", in.Workload.ControlRoomAccountID, err)
		}
		return account.Secrets(), checkIdentity(ctx, account, in.Workload.ControlRoomAccountID)
	}, dryRun)
}
