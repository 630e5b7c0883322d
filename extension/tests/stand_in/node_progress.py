"""The module `comfy_execution.progress`."""

import types


class State:
    def __init__(self, value):
        self.value = value


RUNNING, FINISHED = State("running"), State("finished")


class Graph:
    def __init__(self, nodes):
        self.nodes = nodes

    def get_display_node_id(self, node_id):
        return node_id.split(".")[0]

    def get_real_node_id(self, node_id):
        return node_id.split(".")[0]

    def get_parent_node_id(self, node_id):
        return node_id.split(".")[0] if "." in node_id else None

    def get_node(self, node_id):
        return self.nodes[node_id]


def make_progress_module(comfy):
    class ProgressRegistry:
        def __init__(self, prompt_id, dynprompt):
            self.prompt_id, self.dynprompt, self.nodes = prompt_id, dynprompt, {}

        def start_progress(self, node_id):
            self.nodes[node_id] = {"state": RUNNING, "value": 0.0, "max": 1.0}
            self._send()

        def update_progress(self, node_id, value, max_value, image=None):
            self.nodes[node_id] = {"state": RUNNING, "value": value, "max": max_value}
            self._send()

        def finish_progress(self, node_id):
            entry = self.nodes.setdefault(node_id, {"value": 1, "max": 1})
            entry.update(state=FINISHED, value=entry["max"])
            self._send()

        def _send(self):
            nodes = {
                node_id: {
                    "value": entry["value"],
                    "max": entry["max"],
                    "state": entry["state"].value,
                    "node_id": node_id,
                    "prompt_id": self.prompt_id,
                    "display_node_id": self.dynprompt.get_display_node_id(node_id),
                    "parent_node_id": self.dynprompt.get_parent_node_id(node_id),
                    "real_node_id": self.dynprompt.get_real_node_id(node_id),
                }
                for node_id, entry in self.nodes.items()
            }
            data = {"prompt_id": self.prompt_id, "nodes": nodes}
            comfy.server.send_sync("progress_state", data, comfy.server.client_id)

    module = types.ModuleType("comfy_execution.progress")
    if "progress_registry" in comfy.variant.without:
        module.Registry = ProgressRegistry
    else:
        module.ProgressRegistry = ProgressRegistry
    comfy.registry_class = ProgressRegistry
    return module
