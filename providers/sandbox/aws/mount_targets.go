package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awsedge "github.com/ptd-go/ptd/providers/aws"
)

func (a *account) MountTargets() awsedge.MountTargets { return mountTargetCalls{a} }

type mountTargetCalls struct{ *account }

func (m mountTargetCalls) MountTargets(_ context.Context, fileSystemID string) ([]awsedge.MountTarget, error) {
	var found []awsedge.MountTarget
	err := m.do("read", elasticType, fileSystemID, func() error {
		if m.named(elasticType, "id", fileSystemID) == nil {
			return fmt.Errorf("file system %s: %w", fileSystemID, awsedge.ErrNotFound)
		}
		found = m.list(func(target awsedge.MountTarget) bool { return target.FileSystemID == fileSystemID })
		return nil
	})
	return found, err
}

func (m mountTargetCalls) WithSecurityGroup(_ context.Context, group string) ([]awsedge.MountTarget, error) {
	var found []awsedge.MountTarget
	err := m.do("read", mountTargetType, group, func() error {
		found = m.list(func(target awsedge.MountTarget) bool { return slices.Contains(target.SecurityGroups, group) })
		return nil
	})
	return found, err
}

// list describes the mount targets of the account that a test holds for.
func (m mountTargetCalls) list(holds func(awsedge.MountTarget) bool) []awsedge.MountTarget {
	var found []awsedge.MountTarget
	for _, object := range m.cloud.OfType(mountTargetType) {
		if object.Account != m.id || object.Region != m.region {
			continue
		}
		target := awsedge.MountTarget{ID: object.ID, FileSystemID: object.String("fileSystemId")}
		groups, _ := object.Get("securityGroups").([]any)
		for _, group := range groups {
			if id, ok := group.(string); ok {
				target.SecurityGroups = append(target.SecurityGroups, id)
			}
		}
		if holds(target) {
			found = append(found, target)
		}
	}
	return found
}

// SetSecurityGroups makes the groups ones that cannot be deleted: a network interface has them.
func (m mountTargetCalls) SetSecurityGroups(_ context.Context, mountTargetID string, groups []string) error {
	return m.do("update", mountTargetType, mountTargetID, func() error {
		object := m.named(mountTargetType, "id", mountTargetID)
		if object == nil {
			return fmt.Errorf("mount target %s: %w", mountTargetID, awsedge.ErrNotFound)
		}
		changed := *object
		changed.References = slices.DeleteFunc(slices.Clone(object.References), func(key string) bool {
			return strings.HasPrefix(key, securityGroupType+" ")
		})
		set := make([]any, len(groups))
		for i, group := range groups {
			found := m.named(securityGroupType, "id", group)
			if found == nil {
				return fmt.Errorf(noSecurityGroup, group)
			}
			set[i] = group
			changed.References = append(changed.References, found.Key())
		}
		return m.change(&changed, map[string]any{"securityGroups": set}, nil)
	})
}
