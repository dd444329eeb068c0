package awsworkload

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptd-go/ptd/providers/aws"
)

// MimirSecretIn says which control room learns the Mimir password of which workload.
type MimirSecretIn struct {
	Target string // the workload's directory name, which is its user at Mimir
	// ControlRoom is the control room's target name; "" when the workload has none.
	ControlRoom                             string
	ControlRoomAccountID, ControlRoomRegion string
	// MimirPassword is nil when it is not known yet, which only a dry run may meet.
	MimirPassword *string
}

// MimirSecretName is the control room's secret that maps workloads to their passwords.
func MimirSecretName(controlRoom string) string { return controlRoom + ".mimir-auth.posit.team" }

// UpdateMimirSecret tells the control room the workload's Mimir password (facts:
// aws-workload-base 6.2). Many workloads share that secret; none can lose the
// password of another. Like UpdateWorkloadSecret it belongs after every run of
// persistent. A workload without a control room has nothing to tell.
func UpdateMimirSecret(ctx context.Context, cloud aws.Cloud, in MimirSecretIn, dryRun bool) ([]Change, error) {
	if in.ControlRoom == "" {
		return []Change{{
			Operation: Same, Type: secretType, Name: "mimir-auth",
			Note: "the workload has no control room (control_room_cluster_name)",
		}}, nil
	}
	name := MimirSecretName(in.ControlRoom)
	attempt := fmt.Sprintf("tell control room %s the Mimir password of %s", in.ControlRoom, in.Target)
	if in.ControlRoomAccountID == "" || in.ControlRoomRegion == "" {
		return nil, fmt.Errorf("%s: control_room_account_id and control_room_region must both be set", attempt)
	}
	account, err := cloud.Account(ctx, in.ControlRoomAccountID, in.ControlRoomRegion)
	if err != nil {
		return nil, fmt.Errorf("%s: get credentials for account %s: %w", attempt, in.ControlRoomAccountID, err)
	}
	if err := checkIdentity(ctx, account, in.ControlRoomAccountID); err != nil {
		return nil, fmt.Errorf("%s: %w", attempt, err)
	}
	change, err := mergeSecret(ctx, account.Secrets(), name, map[string]*string{in.Target: in.MimirPassword}, dryRun)
	if errors.Is(err, aws.ErrNotFound) {
		remedy := fmt.Sprintf("create it in account %s, region %s, with the value {}", in.ControlRoomAccountID, in.ControlRoomRegion)
		if dryRun {
			return []Change{{
				Operation: Update, Type: secretType, Name: name, Keys: []string{in.Target}, Planned: true,
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
