package kubernetes

import (
	"reflect"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// identity are the fields whose change makes another object of any kind.
var identity = []string{"apiVersion", "kind", "metadata.name", "metadata.namespace"}

// replacing are the fields whose change makes the provider replace an object, besides its
// identity, by kind: the table of provider/pkg/provider/diff.go, for the kinds of the scheme.
// What is not here is an update, which the API server may refuse (see immutable).
var replacing = map[string][]string{
	"Deployment":  {"spec.selector"},
	"DaemonSet":   {"spec.selector"},
	"StatefulSet": {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	"Job":         {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"ConfigMap":   {"binaryData", "data"},
	"Secret":      {"type", "stringData", "data"},
	"PersistentVolume": {
		"spec.awsElasticBlockStore", "spec.azureDisk", "spec.azureFile", "spec.cephfs", "spec.cinder", "spec.csi", "spec.fc", "spec.flexVolume",
		"spec.flocker", "spec.gcePersistentDisk", "spec.glusterfs", "spec.hostPath", "spec.iscsi", "spec.local", "spec.nfs",
		"spec.photonPersistentDisk", "spec.portworxVolume", "spec.quobyte", "spec.rbd", "spec.scaleIO", "spec.storageos", "spec.vsphereVolume",
	},
	"PersistentVolumeClaim": {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	"Pod": {
		"spec.affinity", "spec.automountServiceAccountToken", "spec.dnsConfig", "spec.dnsPolicy", "spec.enableServiceLinks", "spec.hostAliases",
		"spec.hostIPC", "spec.hostNetwork", "spec.hostPID", "spec.hostname", "spec.imagePullSecrets", "spec.nodeName", "spec.nodeSelector",
		"spec.overhead", "spec.preemptionPolicy", "spec.priority", "spec.priorityClassName", "spec.readinessGates", "spec.restartPolicy",
		"spec.runtimeClassName", "spec.schedulerName", "spec.securityContext", "spec.serviceAccount", "spec.serviceAccountName",
		"spec.shareProcessNamespace", "spec.subdomain", "spec.terminationGracePeriodSeconds", "spec.volumes",
	},
	"ResourceQuota":      {"spec.scopes"},
	"Service":            {"spec.clusterIP"},
	"RoleBinding":        {"roleRef"},
	"ClusterRoleBinding": {"roleRef"},
	"StorageClass":       {"parameters", "provisioner"},
}

// replacingContainers names the lists of a Pod in which a change of what a container runs,
// and with what, replaces the pod.
func replacingContainers(old, new sandbox.Inputs) []string {
	var paths []string
	for _, list := range []string{"spec.containers", "spec.initContainers"} {
		if !reflect.DeepEqual(old.At(list), new.At(list)) {
			paths = append(paths, list)
		}
	}
	return paths
}
