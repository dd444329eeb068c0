package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptd-go/ptd/providers/secrets"
	"github.com/ptd-go/ptd/stacks/action"
	"github.com/ptd-go/ptd/stacks/config"
)

// MimirIn says which control room learns the Mimir password of which workload.
type MimirIn struct {
	Workload *config.WorkloadCommon
	// MimirPassword is nil when it is not known yet, which only a dry run may meet.
	MimirPassword *string
}

// MimirType is the type of the control room's secret: it is always in AWS.
const MimirType = "aws:secretsmanager:Secret"

// UpdateMimir tells the control room the workload's Mimir password
// (docs/reference/aws-workload-base.md 6.2), under the name that its Alloy logs in with.
// Python programs took the target's name, which differs where true_name or environment is
// overridden: that key stays, because people may use it, and is named. Many workloads share
// that secret; none can lose the password of another. It belongs after every run of
// persistent. A workload without a control room has nothing to tell. controlRoom opens the
// secrets of the control room's account.
func UpdateMimir(
	ctx context.Context, in MimirIn, controlRoom func(context.Context) (secrets.Store, error), dryRun bool,
) ([]action.Change, error) {
	room, user := in.Workload, in.Workload.MimirUser()
	if room.ControlRoomClusterName == "" {
		return []action.Change{{
			Operation: action.Same, Type: MimirType, Name: "mimir-auth",
			Note: "the workload has no control room (control_room_cluster_name)",
		}}, nil
	}
	name := room.MimirAuthSecretName()
	attempt := fmt.Sprintf("tell control room %s the Mimir password of %s", room.ControlRoomClusterName, user)
	if room.ControlRoomAccountID == "" || room.ControlRoomRegion == "" {
		return nil, fmt.Errorf("%s: control_room_account_id and control_room_region must both be set", attempt)
	}
	store, err := controlRoom(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", attempt, err)
	}
	object := Object{Store: store, Name: name, Type: MimirType, Obsolete: []string{room.Name}}
	change, err := object.Merge(ctx, map[string]*string{user: in.MimirPassword}, dryRun)
	if errors.Is(err, secrets.ErrNotFound) {
		remedy := fmt.Sprintf("create it in account %s, region %s, with the value {}", room.ControlRoomAccountID, room.ControlRoomRegion)
		if dryRun {
			return []action.Change{{
				Operation: action.Update, Type: MimirType, Name: name, Keys: []string{user}, Planned: true,
				Note: "the secret does not exist, without it a real run stops here: " + remedy,
			}}, nil
		}
		return nil, fmt.Errorf("%s: %w: %s", attempt, err, remedy)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", attempt, err)
	}
	return []action.Change{change}, nil
}
