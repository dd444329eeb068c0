package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// LockLostError says that somebody released the lock that this run held. From then on the
// run begins nothing and does not write the state, which another run may have.
type LockLostError struct {
	Stack string
	// Holders are who has taken the lock since.
	Holders []Lock
}

func (e *LockLostError) Error() string {
	text := fmt.Sprintf("stack %s: the lock that this run held was released by somebody (--cancel)", e.Stack)
	for _, lock := range e.Holders {
		text += fmt.Sprintf(", and taken by %s", lock)
	}
	return text + ": it begins nothing more and leaves the state alone; what it had begun is noted beside the state, and taken in by the next run"
}

// fence returns a *LockLostError when the lock of this Stack is not there any more.
func (s *Stack) fence(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var exists bool
	var err error
	for _, pause := range append(writeRetries, 0) { // as a write has them
		if exists, err = s.backend.store.exists(ctx, s.lock); err == nil || pause == 0 {
			break
		}
		time.Sleep(pause)
	}
	if err != nil {
		return fmt.Errorf("look for the lock of stack %s: %w", s.Name(), err)
	}
	if exists {
		return nil
	}
	holders, err := s.locks(ctx)
	return errors.Join(&LockLostError{Stack: s.Name(), Holders: holders}, err)
}

// leftPrefix begins the names of the files in which runs that lost their lock leave, one
// each, what they made: an apitype.DeploymentV3 of these resources alone. Pulumi's backend
// takes only what ends with .json for state.
func (s *Stack) leftPrefix() string { return s.path() + ".left-" }

// leave notes what this run made, and could not write into the state.
func (s *Stack) leave(ctx context.Context, recorded *journal) error {
	left := apitype.DeploymentV3{SecretsProviders: &apitype.SecretsProvidersV1{
		Type: recorded.manager.Type(), State: recorded.manager.State(),
	}}
	for _, made := range recorded.replay.made {
		if !made.gone && made.state.Custom && made.state.ID != "" {
			left.Resources = append(left.Resources, made.state)
		}
	}
	if len(left.Resources) == 0 {
		return nil
	}
	content, err := json.Marshal(left)
	if err == nil {
		err = s.backend.store.write(context.WithoutCancel(ctx), s.leftPrefix()+uuid.NewString(), content)
	}
	if err != nil {
		return fmt.Errorf("note what was made of stack %s: %w", s.Name(), err)
	}
	return nil
}

// left lists the files of leave.
func (s *Stack) left(ctx context.Context) ([]string, error) {
	list, err := s.backend.store.list(ctx, path.Dir(s.path()))
	if err != nil {
		return nil, fmt.Errorf("look for what runs left of stack %s: %w", s.Name(), err)
	}
	var keys []string
	for _, object := range list {
		if strings.HasPrefix(object.key, s.leftPrefix()) {
			keys = append(keys, object.key)
		}
	}
	return keys, nil
}

// readLeft reads one of them.
func (s *Stack) readLeft(ctx context.Context, key string) ([]*resource.State, error) {
	content, _, err := s.backend.store.read(ctx, key)
	var left apitype.DeploymentV3
	if err == nil {
		err = json.Unmarshal(content, &left)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s, which a run of stack %s left: %w", key, s.Name(), err)
	}
	if left.SecretsProviders == nil {
		return nil, fmt.Errorf("read %s, which a run of stack %s left: it names no secrets provider", key, s.Name())
	}
	manager, err := s.backend.secrets.OfType(ctx, left.SecretsProviders.Type, left.SecretsProviders.State)
	if err != nil {
		return nil, err
	}
	var states []*resource.State
	for _, serialized := range left.Resources {
		state, err := stack.DeserializeResource(serialized, manager.Decrypter())
		if err != nil {
			return nil, fmt.Errorf("read %s, which a run of stack %s left: %w", key, s.Name(), err)
		}
		states = append(states, state)
	}
	return states, nil
}

// adopt takes in what runs that lost their lock made. What the state has in the meantime
// as something else goes with the next operation.
func (r recovery) adopt(ctx context.Context, states []*resource.State, tell func(state *resource.State)) error {
	for _, state := range states {
		found := state
		if providers.IsProviderType(state.Type) { // which is nothing in a cloud
			if r.living(state.URN) {
				continue
			}
		} else {
			state.Provider = r.reference(state.Provider)
			if r.knows(state) {
				continue
			}
			provider, err := r.provider(ctx, state.Provider)
			if err == nil {
				found, err = readBack(ctx, provider, state, string(state.ID))
			}
			if err != nil {
				return fmt.Errorf("look for %s, which was made by a run that had lost its lock: %w", state.URN, err)
			}
			if found == nil {
				continue
			}
			found.Delete = r.living(state.URN)
			tell(found)
		}
		r.detach(found)
		r.snapshot.Resources = append(r.snapshot.Resources, found)
	}
	return nil
}

// reference is the provider of the state that has the URN of a reference's: the run that
// lost its lock may have made another one.
func (r recovery) reference(reference string) string {
	parsed, err := providers.ParseReference(reference)
	if err != nil {
		return reference
	}
	for _, state := range r.snapshot.Resources {
		if state.URN == parsed.URN() && !state.Delete {
			return string(state.URN) + "::" + string(state.ID)
		}
	}
	return reference
}

// detach takes out of a resource what it says of others that the state does not have.
func (r recovery) detach(state *resource.State) {
	gone := func(urn resource.URN) bool { return !r.living(urn) }
	state.Dependencies = slices.DeleteFunc(state.Dependencies, gone)
	state.ReplaceWith = slices.DeleteFunc(state.ReplaceWith, gone)
	for property, urns := range state.PropertyDependencies {
		state.PropertyDependencies[property] = slices.DeleteFunc(urns, gone)
	}
	if gone(state.Parent) {
		state.Parent = ""
	}
	if gone(state.DeletedWith) {
		state.DeletedWith = ""
	}
}
