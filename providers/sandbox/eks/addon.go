package eks

import "fmt"

func buildAddon(c *component) error {
	core, err := c.coreOf()
	if err != nil {
		return err
	}
	owner, _ := at(core, "cluster")
	cluster, err := c.find(owner, awsClusterType)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	inputs := map[string]value{"clusterName": cluster.get("name")}
	for _, name := range []string{
		"addonName", "addonVersion", "preserve", "resolveConflictsOnCreate", "resolveConflictsOnUpdate", "serviceAccountRoleArn", "tags",
	} {
		inputs[name] = c.raw(name)
	}
	if c.given("configurationValues") {
		inputs["configurationValues"] = derive(asJSON, c.raw("configurationValues"))
	}
	_, err = c.register(child{typ: awsAddonType, name: c.Name, inputs: inputs})
	return err
}
