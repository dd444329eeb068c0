package aws

import (
	"context"
	"fmt"

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
		for _, object := range m.cloud.OfType(mountTargetType) {
			if object.Account != m.id || object.Region != m.region || object.String("fileSystemId") != fileSystemID {
				continue
			}
			target := awsedge.MountTarget{ID: object.ID}
			groups, _ := object.Get("securityGroups").([]any)
			for _, group := range groups {
				if id, ok := group.(string); ok {
					target.SecurityGroups = append(target.SecurityGroups, id)
				}
			}
			found = append(found, target)
		}
		return nil
	})
	return found, err
}

func (m mountTargetCalls) SetSecurityGroups(_ context.Context, mountTargetID string, groups []string) error {
	return m.do("update", mountTargetType, mountTargetID, func() error {
		object := m.named(mountTargetType, "id", mountTargetID)
		if object == nil {
			return fmt.Errorf("mount target %s: %w", mountTargetID, awsedge.ErrNotFound)
		}
		set := make([]any, len(groups))
		for i, group := range groups {
			if m.named(securityGroupType, "id", group) == nil {
				return fmt.Errorf(noSecurityGroup, group)
			}
			set[i] = group
		}
		return m.change(object, map[string]any{"securityGroups": set}, nil)
	})
}
