package aws

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const addonType = "aws:eks/addon:Addon"

// addonVersions are the versions that EKS would choose, by the names of its add-ons;
// those of kube-proxy and coredns follow the cluster's.
var addonVersions = map[string]string{
	"vpc-cni": "v1.20.4-eksbuild.2", "coredns": "v1.12.4-eksbuild.1", "kube-proxy": "v1.%d.0-eksbuild.2",
	"aws-ebs-csi-driver": "v1.51.1-eksbuild.1", "aws-efs-csi-driver": "v2.1.13-eksbuild.1", "aws-fsx-csi-driver": "v1.7.0-eksbuild.1",
	"aws-mountpoint-s3-csi-driver": "v2.1.0-eksbuild.1", "aws-secrets-store-csi-driver-provider": "v2.1.1-eksbuild.1",
	"eks-pod-identity-agent": "v1.3.9-eksbuild.3", "eks-node-monitoring-agent": "v1.4.1-eksbuild.1", "snapshot-controller": "v8.3.0-eksbuild.1",
	"metrics-server": "v0.8.0-eksbuild.2", "kube-state-metrics": "v2.17.0-eksbuild.2", "prometheus-node-exporter": "v1.9.1-eksbuild.2",
	"adot": "v0.131.0-eksbuild.1", "amazon-cloudwatch-observability": "v4.6.0-eksbuild.1", "aws-guardduty-agent": "v1.11.0-eksbuild.4",
	"aws-network-flow-monitoring-agent": "v1.1.0-eksbuild.1", "aws-privateca-connector-for-kubernetes": "v1.6.0-eksbuild.1",
	"cert-manager": "v1.19.1-eksbuild.1", "external-dns": "v0.19.0-eksbuild.2",
}

func addons() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		addonType: {
			Args: shape(eks.AddonArgs{}), Replace: []string{"addonName", "clusterName"}, Computed: []string{"addonVersion", "configurationValues"},
			Outputs: []string{"arn", "addonVersion", "configurationValues", "createdAt", "modifiedAt", "tagsAll"},
			References: []sandbox.Reference{
				rule.Weak(rule.By("clusterName", controlPlaneType, "name", noCluster)),
				rule.By("serviceAccountRoleArn", roleType, "arn", "InvalidParameterException: The role %s does not exist"),
			},
			Unique: rule.Unique("ResourceInUseException: Addon already exists: %s", "clusterName", "addonName"),
			Check:  checkAddon,
			Create: func(o *sandbox.Operation) error {
				o.ID = fmt.Sprintf("%v:%v", o.Inputs["clusterName"], o.Inputs["addonName"])
				o.Outputs["arn"] = arn(o, "eks", fmt.Sprintf("addon/%v/%v/%s", o.Inputs["clusterName"], o.Inputs["addonName"], uuid(sandbox.Digest(32, o.Account, o.ID))))
				o.Outputs["createdAt"], o.Outputs["modifiedAt"] = "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
				if err := conflictsOfAddon(o); err != nil {
					return err
				}
				return installAddon(o)
			},
			Update: installAddon,
			Delete: func(o *sandbox.Operation) error {
				if o.Inputs.Flag("preserve") {
					return nil
				}
				return removeStorageClass(o)
			},
		},
	}
}

func checkAddon(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems = rule.All(
		rule.Matches("addonVersion", `^v\d+\.\d+\.\d+-eksbuild\.\d+$`, "is not the version of an add-on: InvalidParameterException: Addon version specified is not supported"),
		rule.OneOf("resolveConflictsOnCreate", "NONE", "OVERWRITE"), rule.OneOf("resolveConflictsOnUpdate", "NONE", "OVERWRITE", "PRESERVE"),
	)(in)
	if name, ok := in.Text("addonName"); ok && addonVersions[name] == "" {
		problems.Add("addonName", "InvalidParameterException: Addon %s specified is not supported", name)
	}
	if text, ok := in.Text("configurationValues"); ok && text != "" {
		var values map[string]any
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			problems.Add("configurationValues", "InvalidParameterException: ConfigurationValue provided in request is not supported: %v", err)
		}
	}
	return problems
}

// addonVersion is the version of an add-on that EKS chooses for a version of Kubernetes.
func addonVersion(name, kubernetes string) string {
	version := addonVersions[name]
	if minor, ok := minorOf(kubernetes); ok && strings.Contains(version, "%d") {
		version = fmt.Sprintf(version, minor)
	}
	return version
}

func installAddon(o *sandbox.Operation) error {
	cluster, err := clusterOf(o)
	if err != nil {
		return err
	}
	name, _ := o.Inputs.Text("addonName")
	if version, given := o.Inputs.Text("addonVersion"); given {
		delete(o.Outputs, "addonVersion")
		if err := fitsCluster(name, version, cluster); err != nil {
			return err
		}
	} else if o.Outputs["addonVersion"] == nil {
		o.Outputs["addonVersion"] = addonVersion(name, cluster.String("version"))
		if o.Old != nil { // which is no longer chosen by the program, but stays
			o.Outputs["addonVersion"] = o.Old.Get("addonVersion")
		}
	}
	if _, given := o.Inputs["configurationValues"]; given {
		delete(o.Outputs, "configurationValues")
	} else if o.Old == nil {
		o.Outputs["configurationValues"] = ""
	}
	if name == "aws-ebs-csi-driver" {
		return installStorageClass(o, cluster)
	}
	return nil
}

// fitsCluster refuses a kube-proxy that is newer than the cluster.
func fitsCluster(name, version string, cluster *sandbox.Object) error {
	parts := strings.Split(version, ".")
	above, known := minorOf(cluster.String("version"))
	if name != "kube-proxy" || !known || len(parts) < 2 {
		return nil
	}
	if minor, err := strconv.Atoi(parts[1]); err == nil && (minor > above || minor+nodeSkew < above) {
		return fmt.Errorf("InvalidParameterException: Addon version specified is not supported: kube-proxy %s does not run on Kubernetes %s", version, cluster.String("version"))
	}
	return nil
}

const addonClass = "ebs-csi-default-sc"

func storageClassKey(account string) string {
	return sandbox.Key("kubernetes:storage.k8s.io/v1:StorageClass", account, "", addonClass)
}

// installStorageClass makes the default class of the EBS driver, where it is asked for.
func installStorageClass(o *sandbox.Operation, cluster *sandbox.Object) error {
	var values struct{ DefaultStorageClass struct{ Enabled bool } }
	if text, ok := o.Inputs.Text("configurationValues"); ok && text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			return fmt.Errorf("InvalidParameterException: ConfigurationValue provided in request is not supported: %w", err)
		}
	}
	account := cluster.String("arn")
	if !values.DefaultStorageClass.Enabled {
		return removeStorageClass(o)
	}
	return o.Cloud.Put(&sandbox.Object{
		Provider: "kubernetes", Type: "kubernetes:storage.k8s.io/v1:StorageClass", ID: addonClass, Account: account,
		Inputs: map[string]any{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
			"metadata": map[string]any{
				"name": addonClass, "annotations": map[string]any{"storageclass.kubernetes.io/is-default-class": "true"},
			},
			"volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true, "reclaimPolicy": "Delete",
		},
	})
}

func removeStorageClass(o *sandbox.Operation) error {
	name, _ := o.Inputs.Text("addonName")
	cluster, err := clusterOf(o)
	if name != "aws-ebs-csi-driver" || err != nil { // it went with its cluster
		return nil
	}
	key := storageClassKey(cluster.String("arn"))
	if class := o.Cloud.Object(key); class == nil || class.URN != "" {
		return nil
	}
	return o.Cloud.Remove(key)
}

// getAddonVersion is the version of an add-on for a version of Kubernetes.
func getAddonVersion(call *sandbox.Call) (map[string]any, error) {
	name, _ := call.Arguments.Text("addonName")
	version, _ := call.Arguments.Text("kubernetesVersion")
	if addonVersions[name] == "" || len(checkKubernetesVersion(sandbox.Inputs{"version": version})) > 0 {
		return nil, &sandbox.NoMatch{What: fmt.Sprintf("version of the add-on %s for Kubernetes %s", name, version)}
	}
	return map[string]any{
		"id": name, "addonName": name, "kubernetesVersion": version, "mostRecent": call.Arguments.Flag("mostRecent"),
		"version": addonVersion(name, version),
	}, nil
}
