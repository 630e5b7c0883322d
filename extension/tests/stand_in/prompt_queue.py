"""The queue of prompts and the history of those that ended."""

import heapq
import itertools
import threading


class Queue:
    def __init__(self, comfy):
        self.comfy = comfy
        self.mutex = threading.RLock()
        self.not_empty = threading.Condition(self.mutex)
        self.queue, self.currently_running, self.history = [], {}, {}
        self.tasks = itertools.count()

    def put(self, item):
        self.comfy.order.append(("queue", "put"))
        with self.mutex:
            heapq.heappush(self.queue, item)
            self.comfy.server.queue_updated()
            self.not_empty.notify()

    def get(self, timeout=None):
        with self.not_empty:
            if not self.queue:
                self.not_empty.wait(timeout)
                if not self.queue:
                    return None
            item = heapq.heappop(self.queue)
            task = next(self.tasks)
            self.currently_running[task] = item
            self.comfy.server.queue_updated()
            self.comfy.order.append(("queue", "get"))
            return item, task

    def task_done(self, item_id, history_result, status, process_item=None):
        with self.mutex:
            item = self.currently_running.pop(item_id)
            if process_item is not None:
                item = process_item(item)
            self.history[item[1]] = {"prompt": item, "outputs": history_result["outputs"], "status": status}
            self.comfy.server.queue_updated()
            self.comfy.order.append(("queue", "task_done"))

    def snapshot(self):
        with self.mutex:
            return [item[:5] for item in self.currently_running.values()], [item[:5] for item in self.queue]

    def past(self, prompt_id, newest):
        with self.mutex:
            entries = self.history.items()
            chosen = [e for e in entries if e[0] == prompt_id] if prompt_id else list(entries)[-newest:]
            return {name: self._entry(**entry) for name, entry in chosen}

    @staticmethod
    def _entry(prompt, outputs, status):
        told = {"status_str": status.status_str, "completed": status.completed, "messages": status.messages}
        return {"prompt": prompt[:5], "outputs": outputs, "status": told, "meta": {}}

    def wipe_queue(self):
        with self.mutex:
            self.queue = []
            self.comfy.server.queue_updated()

    def delete_queue_item(self, function):
        with self.mutex:
            for place, item in enumerate(self.queue):
                if function(item):
                    if len(self.queue) == 1:
                        self.wipe_queue()
                    else:
                        self.queue.pop(place)
                        heapq.heapify(self.queue)
                    self.comfy.server.queue_updated()
                    return True
        return False
