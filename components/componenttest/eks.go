package componenttest

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// remoteEKS answers for the components of pulumi-eks, whose children no plugin makes
// here. What refers to a child gets a stand-in, which is not recorded.
func (r *Recorder) remoteEKS() map[string]func(Registration) resource.PropertyMap {
	return map[string]func(Registration) resource.PropertyMap{
		"eks:index:Cluster": func(made Registration) resource.PropertyMap {
			name := made.Physical()
			issuer := "oidc.eks." + Region + ".amazonaws.com/id/" + name
			return resource.PropertyMap{
				"eksCluster": r.standIn("aws:eks/cluster:Cluster", made.Name+"-eksCluster", map[string]any{
					"name": name, "endpoint": "https://" + name + ".eks.example", "certificateAuthority": map[string]any{"data": "Y2E="},
					"identities": []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://" + issuer}}}},
				}),
				"clusterSecurityGroupId": resource.NewStringProperty("sg/" + name),
			}
		},
		"eks:index:ManagedNodeGroup": func(made Registration) resource.PropertyMap {
			return resource.PropertyMap{
				"nodeGroup": r.standIn("aws:eks/nodeGroup:NodeGroup", made.Name, map[string]any{"nodeGroupName": made.Name + "-0123456"}),
			}
		},
	}
}

// standIn registers a resource that only references lead to.
func (r *Recorder) standIn(typ, name string, properties map[string]any) resource.PropertyValue {
	r.mu.Lock()
	r.standIns[typ+" "+name] = true
	r.mu.Unlock()
	made := &pulumi.CustomResourceState{}
	if err := r.ctx.RegisterResource(typ, name, pulumi.ToMap(properties), made); err != nil {
		return resource.NewNullProperty()
	}
	urn, err := internals.UnsafeAwaitOutput(r.ctx.Context(), made.URN())
	if err != nil {
		return resource.NewNullProperty()
	}
	return resource.MakeCustomResourceReference(resource.URN(urn.Value.(pulumi.URN)), resource.ID(name), "")
}
