"""The module `execution`: the executor and validation."""

import asyncio
import struct
import time
import types

from .node_progress import Graph
from .variant import KNOWN_NODES, OUTPUT_NODES, SECRET_NAMES


class Status:
    def __init__(self, status_str, completed, messages):
        self.status_str, self.completed, self.messages = status_str, completed, messages


class Interrupted(Exception):
    pass


def make_execution_module(comfy):
    class PromptExecutor:
        def __init__(self, server):
            self.server, self.status_messages = server, []
            self.cache = {}

        def add_message(self, event, data, broadcast):
            data = {**data, "timestamp": int(time.time() * 1000)}
            self.status_messages.append((event, data))
            if self.server.client_id is not None or broadcast:
                self.server.send_sync(event, data, self.server.client_id)

        def execute(self, graph, prompt_id, extra_data):
            server = self.server
            server.client_id = extra_data.get("client_id")
            self.status_messages = []
            outputs, done, node_id = {}, [], None
            self.add_message("execution_start", {"prompt_id": prompt_id}, False)
            cached = [n for n, node in graph.items() if self.cache.get(n) == node]
            self.add_message("execution_cached", {"nodes": cached, "prompt_id": prompt_id}, False)
            registry = comfy.registry_class(prompt_id, Graph(graph))
            ids = {"prompt_id": prompt_id}
            try:
                for node_id, node in graph.items():
                    output = node["class_type"] in OUTPUT_NODES
                    if node_id in cached:
                        if output:
                            if server.client_id is not None:
                                ui = {"node": node_id, "display_node": node_id, "output": self.ui(node), **ids}
                                server.send_sync("executed", ui, server.client_id)
                            registry.finish_progress(node_id)
                        continue
                    registry.start_progress(node_id)
                    if server.client_id is not None:
                        at = {"node": node_id, "display_node": node_id, **ids}
                        server.send_sync("executing", at, server.client_id)
                    self.run(registry, node_id, node["class_type"], node["inputs"], prompt_id)
                    if output:
                        outputs[node_id] = self.ui(node)
                        if server.client_id is not None:
                            ui = {"node": node_id, "display_node": node_id, "output": outputs[node_id], **ids}
                            server.send_sync("executed", ui, server.client_id)
                    registry.finish_progress(node_id)
                    done.append(node_id)
                    self.cache[node_id] = node
            except Interrupted:
                about = {**ids, "node_id": node_id, "node_type": node["class_type"], "executed": done}
                self.add_message("execution_interrupted", about, True)
                return outputs, Status("error", False, self.status_messages)
            except RuntimeError as error:
                hidden = {name: [str(extra_data.get(name))] for name in SECRET_NAMES if name in extra_data}
                about = {
                    **ids,
                    "node_id": node_id,
                    "node_type": node["class_type"],
                    "executed": done,
                    "exception_message": f"{error}\n",
                    "exception_type": "RuntimeError",
                    "traceback": ["  File ...\n"],
                    "current_inputs": {**{k: [str(v)] for k, v in node["inputs"].items()}, **hidden},
                    "current_outputs": list(graph),
                }
                self.add_message("execution_error", about, False)
                return outputs, Status("error", False, self.status_messages)
            self.add_message("execution_success", ids, False)
            return outputs, Status("success", True, self.status_messages)

        def ui(self, node):
            if node["class_type"] == "ShowBad":
                return {"images": [object()], "score": float("nan"), ("a", 1): {1, 2}}
            return {"images": [{"filename": "probe_00001_.png", "subfolder": "", "type": "output"}]}

        def run(self, registry, node_id, kind, inputs, prompt_id):
            server = self.server
            if kind == "Raise":
                raise RuntimeError("refused")
            if comfy.cuda is not None:
                comfy.cuda.use(0, inputs.get("peak_bytes", 0), inputs.get("left_bytes", 0))
            steps = inputs.get("steps", 0) if kind == "Sampler" else 0
            for step in range(1, steps + 1):
                time.sleep(inputs.get("pause_s", 0))
                if comfy.interrupted.is_set():
                    comfy.interrupted.clear()
                    raise Interrupted
                picture = ("JPEG", comfy.picture, 512) if inputs.get("previews") else None
                registry.update_progress(node_id, step, steps, picture)
                at = {"value": step, "max": steps, "prompt_id": prompt_id, "node": node_id}
                server.send_sync("progress", at, server.client_id)
                if picture is not None:
                    server.send_sync(2, picture, server.client_id)
            if "text" in inputs:
                name = node_id.encode()
                server.send_sync(3, struct.pack(">I", len(name)) + name + inputs["text"].encode())

    async def validate_prompt(prompt_id, prompt, partial_execution_list=None):
        await asyncio.sleep(0)
        for node_id, node in prompt.items():
            if node.get("class_type") not in KNOWN_NODES:
                details = f"Node ID '#{node_id}'"
                error = {"type": "invalid_prompt", "message": "does not exist", "details": details, "extra_info": {}}
                return False, error, [], {}
        outputs = [n for n, node in prompt.items() if node["class_type"] in OUTPUT_NODES]
        errors = {}
        for node_id, node in prompt.items():
            if node["inputs"].get("steps", 0) > 100_000:
                told = {"input_name": "steps", "received_value": node["inputs"]}
                problem = {"type": "value_bigger_than_max", "message": "m", "details": "steps", "extra_info": told}
                kind = node["class_type"]
                errors[node_id] = {"errors": [problem], "dependent_outputs": outputs[:1], "class_type": kind}
        good = outputs[1:] if errors else outputs
        if not good:
            kind = "prompt_outputs_failed_validation" if outputs else "prompt_no_outputs"
            return False, {"type": kind, "message": "failed", "details": "", "extra_info": {}}, [], errors
        return True, None, good, errors

    module = types.ModuleType("execution")
    module.PromptExecutor = PromptExecutor
    if "validate_prompt" not in comfy.variant.without:
        module.validate_prompt = validate_prompt
    comfy.validate = validate_prompt
    if comfy.variant.secrets_apart:
        module.SENSITIVE_EXTRA_DATA_KEYS = SECRET_NAMES
    return module
