package aws

import (
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const serviceAccountType = "kubernetes:core/v1:ServiceAccount"

// addonAccounts are service accounts in kube-system that add-ons bring, and charts too.
var addonAccounts = map[string]string{
	"aws-ebs-csi-driver": "ebs-csi-controller-sa", "aws-efs-csi-driver": "efs-csi-controller-sa",
	"aws-secrets-store-csi-driver-provider": "secrets-store-csi-driver",
}

// conflictsOfAddon refuses an add-on whose objects are there with what others have set,
// unless it is to overwrite that.
// (docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html)
func conflictsOfAddon(o *sandbox.Operation) error {
	cluster, err := clusterOf(o)
	if err != nil {
		return err
	}
	name, _ := o.Inputs.Text("addonName")
	if o.Inputs["resolveConflictsOnCreate"] == "OVERWRITE" || addonAccounts[name] == "" {
		return nil
	}
	live := &eksCluster{o.Cloud, cluster}
	for _, account := range o.Cloud.OfType(serviceAccountType) {
		if live.Is(account.Account) && account.ID == "kube-system/"+addonAccounts[name] {
			return fmt.Errorf("CREATE_FAILED: ConfigurationConflict: Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. "+
				"Conflicts: ServiceAccount %s - .metadata.labels.app.kubernetes.io/managed-by", addonAccounts[name])
		}
	}
	return nil
}
