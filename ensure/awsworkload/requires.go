package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
)

// requireSecrets asks for the secrets that are written after persistent: the workload's,
// which bootstrap makes, and the control room's. Without them a run would make all of
// persistent, and fail then.
func (w *workload) requireSecrets(ctx context.Context, r *step.Run) error {
	if r.Partial() { // what follows the stack is left out
		return nil
	}
	if err := w.requireMade(ctx, r, w.config.WorkloadSecretName()); err != nil {
		return err
	}
	room := &w.config.WorkloadCommon
	if room.ControlRoomClusterName == "" {
		return nil
	}
	account, err := w.edges.AWS.Account(ctx, room.ControlRoomAccountID, room.ControlRoomRegion)
	if err != nil {
		return fmt.Errorf("reach the control room's account %s in %s: %w", room.ControlRoomAccountID, room.ControlRoomRegion, err)
	}
	name := room.MimirAuthSecretName()
	missing, err := absent(ctx, account.Secrets(), name)
	if err != nil || len(missing) == 0 {
		return err
	}
	return &step.MissingError{
		What:   fmt.Sprintf("secret %s of control room %s", name, room.ControlRoomClusterName),
		Remedy: fmt.Sprintf("create it in account %s, region %s, with the value {}", room.ControlRoomAccountID, room.ControlRoomRegion),
	}
}

// requireSiteSecrets asks for what the Site objects name.
func (w *workload) requireSiteSecrets(ctx context.Context, r *step.Run) error {
	var names []string
	for site := range w.config.SortedSites() {
		names = append(names, w.config.SiteSecretName(site))
	}
	return w.requireMade(ctx, r, names...)
}

// requireMade asks for secrets that bootstrap makes, unless it is part of the run.
func (w *workload) requireMade(ctx context.Context, r *step.Run, names ...string) error {
	if r.Selected("bootstrap") {
		return nil
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	missing, err := absent(ctx, account.Secrets(), names...)
	if err != nil || len(missing) == 0 {
		return err
	}
	return &step.MissingError{
		What:   "what step bootstrap makes: secret " + strings.Join(missing, ", "),
		Remedy: fmt.Sprintf("run `ptd ensure %s --only-steps bootstrap`", w.target.Name),
	}
}

// absent are the secrets that do not exist.
func absent(ctx context.Context, secrets aws.Secrets, names ...string) (missing []string, err error) {
	for _, name := range names {
		_, err := secrets.GetSecret(ctx, name)
		switch {
		case errors.Is(err, aws.ErrNotFound):
			missing = append(missing, name)
		case err != nil:
			return nil, fmt.Errorf("look for secret %s: %w", name, err)
		}
	}
	return missing, nil
}
