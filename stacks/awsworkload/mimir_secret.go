package awsworkload

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// MimirSecretIn says which control room learns the Mimir password of which workload.
type MimirSecretIn struct {
	Workload *config.WorkloadCommon
	// MimirPassword is nil when it is not known yet, which only a dry run may meet.
	MimirPassword *string
}

// UpdateMimirSecret tells the control room the workload's Mimir password (facts:
// aws-workload-base 6.2), under the name that its Alloy logs in with. Python programs took
// the target's name, which differs where true_name or environment is overridden: that key
// stays, because people may use it, and is named. Many workloads share that secret; none
// can lose the password of another. Like UpdateWorkloadSecret it belongs after every run of
// persistent. A workload without a control room has nothing to tell.
func UpdateMimirSecret(ctx context.Context, cloud aws.Cloud, in MimirSecretIn, dryRun bool) ([]Change, error) {
	room, user := in.Workload, in.Workload.MimirUser()
	if room.ControlRoomClusterName == "" {
		return []Change{{
			Operation: Same, Type: secretType, Name: "mimir-auth",
			Note: "the workload has no control room (control_room_cluster_name)",
		}}, nil
	}
	name := in.Workload.MimirAuthSecretName()
	attempt := fmt.Sprintf("tell control room %s the Mimir password of %s", room.ControlRoomClusterName, user)
	if room.ControlRoomAccountID == "" || room.ControlRoomRegion == "" {
		return nil, fmt.Errorf("%s: control_room_account_id and control_room_region must both be set", attempt)
	}
	account, err := cloud.Account(ctx, room.ControlRoomAccountID, room.ControlRoomRegion)
	if err != nil {
		return nil, fmt.Errorf("%s: get credentials for account %s: %w", attempt, room.ControlRoomAccountID, err)
	}
	if err := checkIdentity(ctx, account, room.ControlRoomAccountID); err != nil {
		return nil, fmt.Errorf("%s: %w", attempt, err)
	}
	change, err := mergeSecret(ctx, account.Secrets(), name, map[string]*string{user: in.MimirPassword}, dryRun, in.Workload.Name)
	if errors.Is(err, aws.ErrNotFound) {
		remedy := fmt.Sprintf("create it in account %s, region %s, with the value {}", room.ControlRoomAccountID, room.ControlRoomRegion)
		if dryRun {
			return []Change{{
				Operation: Update, Type: secretType, Name: name, Keys: []string{user}, Planned: true,
				Note: "the secret does not exist, without it a real run stops here: " + remedy,
			}}, nil
		}
		return nil, fmt.Errorf("%s: %w: %s", attempt, err, remedy)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", attempt, err)
	}
	return []Change{change}, nil
}
