// Made of the OpenAPI document by "npm run gen". Do not edit.

export interface paths {
    "/api/v1/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What there can be alerts about, as it is set */
        get: operations["listAlertRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is wrong now, or ever was, newest first */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alertId}:acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stops an open alert from being repeated */
        post: operations["acknowledgeAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a test to every sink, and says what became of it */
        post: operations["testAlertSinks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/baselines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The lines of a list against the runs like them, in short */
        get: operations["listBaselines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Chosen runs side by side: what differs */
        get: operations["compareRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deviations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs, scenes and nodes outside what the runs like them explain */
        get: operations["listDeviations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/eta": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When open runs and queues will be done, and how often that was right */
        get: operations["getEta"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/filter-presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The saved filters */
        get: operations["listPresets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/filter-presets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A saved filter */
        get: operations["getPreset"];
        /** Keeps a filter under a name, or replaces it */
        put: operations["savePreset"];
        post?: never;
        /** Deletes a saved filter */
        delete: operations["deletePreset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this server works, and what it costs */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recommendations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What comfytrace suggests, and the rules by which it does */
        get: operations["listRecommendations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recommendations/{id}:apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Notes that it was followed */
        post: operations["applyRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recommendations/{id}:defer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hides it until a time; without a body for a week */
        post: operations["deferRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recommendations/{id}:dismiss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes it until there is materially new evidence */
        post: operations["dismissRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recommendations/{id}:reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes an earlier action back */
        post: operations["reopenRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs that match a filter */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run without its node executions */
        get: operations["getRun"];
        put?: never;
        post?: never;
        /** Deletes a run that has ended */
        delete: operations["deleteRun"];
        options?: never;
        head?: never;
        /** Changes what a person may change */
        patch: operations["amendRun"];
        trace?: never;
    };
    "/api/v1/runs/{runId}/artifacts/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An output file, fetched from its worker */
        get: operations["getArtifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run against the runs like it that came before */
        get: operations["getComparison"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Node executions and device readings of every attempt */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs:prune": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Removes old runs, or says which would go */
        post: operations["pruneRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs:submit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Queues a workflow on a watched worker */
        post: operations["submitRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Statistics of the runs that match, and of each group */
        get: operations["getStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a measure goes with time: slope, steps, and what changed there */
        get: operations["getTrend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every worker that is watched, as of now */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/{workerId}:connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries at once instead of waiting for the next try */
        post: operations["connectWorker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Alert: {
            id: string;
            rule: string;
            severity: components["schemas"]["AlertSeverity"];
            subject: string;
            message: string;
            runId: string | null;
            workerId: string | null;
            evidence: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            raisedAtMs: number;
            /** @description epoch milliseconds */
            clearedAtMs: number | null;
            /** @description epoch milliseconds */
            acknowledgedAtMs: number | null;
            /** @description epoch milliseconds */
            toldAtMs: number | null;
            heldBack: boolean;
        };
        AlertHealth: {
            /** Format: int64 */
            open: number;
            sinks: components["schemas"]["SinkState"][];
        };
        AlertList: {
            alerts: components["schemas"]["Alert"][];
        };
        AlertRule: {
            name: string;
            sentence: string;
            severity: components["schemas"]["AlertSeverity"];
            enabled: boolean;
            thresholds: components["schemas"]["AlertThreshold"][];
        };
        AlertRuleList: {
            rules: components["schemas"]["AlertRule"][];
        };
        /** @enum {string} */
        AlertSeverity: "info" | "warning" | "critical";
        AlertThreshold: {
            name: string;
            value: number;
            default: number;
            least: number;
            most: number;
            sentence: string;
        };
        Artifact: {
            nodeId: string;
            filename: string;
            subfolder: string;
            type: string;
            kind: components["schemas"]["MediaKind"];
            text: string | null;
            cached: boolean;
        };
        ArtifactRow: {
            kind: string;
            nodeId: string;
            indexes: (number | null)[];
            sceneIds: (string | null)[];
        };
        Attempt: {
            promptId: string;
            workerId: string;
            status: components["schemas"]["Status"];
            exitReason: components["schemas"]["ExitReason"] | null;
            origin: components["schemas"]["Origin"];
            queueNumber: number | null;
            /** @description epoch milliseconds */
            queuedAtMs: number | null;
            queuedAtSource: components["schemas"]["TimeSource"] | null;
            /** @description epoch milliseconds */
            startedAtMs: number | null;
            startedAtSource: components["schemas"]["TimeSource"] | null;
            /** @description epoch milliseconds */
            finishedAtMs: number | null;
            finishedAtSource: components["schemas"]["TimeSource"] | null;
            /** @description milliseconds */
            durationMs: number | null;
            /** @description milliseconds */
            queueWaitMs: number | null;
            /** Format: int64 */
            nodeCount: number;
            cachedKnown: boolean;
            cachedNodeIds: string[];
            nodeTimesKnown: boolean;
            artifacts: components["schemas"]["Artifact"][];
            failure: components["schemas"]["Failure"] | null;
            validationErrors: components["schemas"]["ValidationError"][];
            /** @description bytes */
            vramFreeBeforeBytes: number | null;
            /** @description bytes */
            vramFreeAfterBytes: number | null;
            /** @description bytes */
            vramDeltaBytes: number | null;
            /** @description bytes */
            vramPeakBytes: number | null;
            environment: components["schemas"]["AttemptEnvironment"] | null;
            fallbackNotes: string[];
            explanations: components["schemas"]["Explanation"][];
        };
        AttemptEnvironment: {
            deviceName: string;
            deviceType: string;
            /** Format: int64 */
            deviceCount: number;
            /** @description bytes */
            vramTotalBytes: number | null;
            comfyuiVersion: string;
            pythonVersion: string;
            pytorchVersion: string;
            os: string;
        };
        BaselineList: {
            baselines: components["schemas"]["RunBaseline"][];
        };
        /** @enum {string} */
        CaptureSource: "none" | "stock" | "extension";
        CohortEvidence: {
            level: components["schemas"]["LikeLevel"] | null;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            needed: number;
            /** Format: int64 */
            limit: number;
            heldEqual: string[];
            notEqual: components["schemas"]["NotEqual"][];
            runIds: string[];
            /** @description milliseconds */
            fromMs: number | null;
            /** @description milliseconds */
            toMs: number | null;
            sentence: string;
        };
        /** @enum {string} */
        Confidence: "low" | "medium" | "high";
        Connection: {
            state: components["schemas"]["ConnectionState"];
            /**
             * Format: int64
             * @description milliseconds
             */
            sinceMs: number;
            source: components["schemas"]["CaptureSource"];
            /** @description epoch milliseconds */
            lastEventAtMs: number | null;
            /** Format: int64 */
            attempt: number;
            /** @description epoch milliseconds */
            nextTryAtMs: number | null;
            lastError: string | null;
            missing: string | null;
            extension: components["schemas"]["ExtensionInfo"] | null;
        };
        /** @enum {string} */
        ConnectionState: "connecting" | "connected" | "streaming" | "stalled" | "disconnected";
        Cost: {
            /** @description 0 to 1 */
            cpuRatio: number | null;
            /** @description bytes */
            residentBytes: number | null;
        };
        CounterValue: {
            name: string;
            severity: components["schemas"]["Severity"];
            sentence: string;
            /** Format: int64 */
            value: number;
        };
        Deferral: {
            /** @description epoch milliseconds */
            untilMs?: number;
        };
        Deviation: {
            subject: components["schemas"]["DeviationSubject"];
            runId: string;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
            workflow: string;
            sceneId: string;
            classType: string;
            metric: string;
            verdict: components["schemas"]["Verdict"];
            value: number;
            baselineMedian: number;
            ratio: number;
            pValue: number;
            /** Format: int64 */
            n: number;
            level: components["schemas"]["LikeLevel"];
            /** Format: int64 */
            inARow: number;
            persistent: boolean;
            runIds: string[];
            sentence: string;
        };
        /** @enum {string} */
        DeviationSubject: "run" | "scene" | "nodeClass";
        Deviations: {
            deviations: components["schemas"]["Deviation"][];
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            runsWithoutBaseline: number;
            /** Format: int64 */
            tests: number;
            sentence: string;
        };
        Device: {
            /** Format: int64 */
            index: number;
            name: string;
            type: string;
            /** @description bytes */
            vramTotalBytes: number | null;
            /** @description bytes */
            vramFreeBytes: number | null;
            /** @description bytes */
            torchVramTotalBytes: number | null;
            /** @description bytes */
            torchVramFreeBytes: number | null;
        };
        DeviceSample: {
            /**
             * Format: int64
             * @description milliseconds
             */
            atMs: number;
            /** Format: int64 */
            deviceIndex: number;
            /** @description bytes */
            vramUsedBytes: number | null;
            /** @description bytes */
            vramFreeBytes: number | null;
            /** @description 0 to 1 */
            utilizationRatio: number | null;
            /** @description degrees Celsius */
            temperatureCelsius: number | null;
            powerWatts: number | null;
        };
        DifferingRun: {
            runId: string;
            title: string;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
            /** Format: int64 */
            sceneCount: number;
        };
        Distribution: {
            /** Format: int64 */
            n: number;
            min: number | null;
            mean: number | null;
            median: number | null;
            p90: number | null;
            p95: number | null;
            p99: number | null;
            max: number | null;
            standardDeviation: number | null;
            sum: number;
            exact: boolean;
        };
        Eta: {
            basis: components["schemas"]["EtaBasis"];
            /** @description milliseconds */
            remainingMs: number | null;
            /** @description milliseconds */
            remainingLowMs: number | null;
            /** @description milliseconds */
            remainingHighMs: number | null;
            /** @description epoch milliseconds */
            doneAtMs: number | null;
            /** Format: int64 */
            n: number;
            level: components["schemas"]["LikeLevel"] | null;
            /** Format: int64 */
            needed: number;
            stepsPerSecond: number | null;
            reason: string;
        };
        /** @enum {string} */
        EtaBasis: "none" | "nodes" | "attempts";
        EtaReport: {
            runs: components["schemas"]["RunEta"][];
            queues: components["schemas"]["QueueEta"][];
            score: components["schemas"]["EtaScore"];
        };
        EtaScore: {
            level: number;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            inside: number;
            /** Format: int64 */
            sooner: number;
            /** Format: int64 */
            later: number;
            /** @description 0 to 1 */
            coverageRate: number | null;
            coverageInterval: components["schemas"]["Interval"] | null;
            sentence: string;
        };
        /** @enum {string} */
        ExitReason: "success" | "maxWait" | "attemptLimit" | "postExecution" | "executionError" | "outOfMemory" | "validationError" | "interrupted" | "deleted" | "workerLost" | "unknown";
        Explanation: {
            /**
             * Format: int64
             * @description milliseconds
             */
            atMs: number;
            what: string;
            because: string;
        };
        ExtensionInfo: {
            version: string;
            /** Format: int64 */
            protocol: number;
            outdated: boolean;
            taps: string[];
            skippedTaps: components["schemas"]["SkippedTap"][];
            framesDropped: number | null;
            failures: number | null;
            eventCostP50Us: number | null;
            eventCostP99Us: number | null;
        };
        Failure: {
            nodeId: string;
            nodeType: string;
            exceptionType: string;
            message: string;
            traceback: string[];
        };
        FilterPreset: {
            name: string;
            query: string;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
        };
        /** @enum {string} */
        GroupBy: "none" | "workflow" | "model" | "worker" | "gpu" | "status" | "exitReason" | "comfyuiVersion" | "story" | "tag" | "hour" | "day" | "week" | "month" | "nodeClass";
        GroupStatistics: {
            key: string;
            /** @description milliseconds */
            fromMs: number | null;
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            runsOpen: number;
            /** Format: int64 */
            runsSucceeded: number;
            /** Format: int64 */
            runsPartial: number;
            /** Format: int64 */
            runsFailed: number;
            /** Format: int64 */
            runsTimedOut: number;
            /** Format: int64 */
            runsCancelled: number;
            /** @description 0 to 1 */
            successRate: number | null;
            /** Format: int64 */
            scenes: number;
            /** Format: int64 */
            scenesSucceeded: number;
            /** Format: int64 */
            attempts: number;
            /** Format: int64 */
            attemptsOutOfMemory: number;
            /** Format: int64 */
            attemptsTimedOut: number;
            /** Format: int64 */
            fallbacks: number;
            /** Format: int64 */
            frames: number;
            /** Format: int64 */
            executions: number;
            /** @description milliseconds */
            durationMs: components["schemas"]["Distribution"];
            /** @description milliseconds */
            queueWaitMs: components["schemas"]["Distribution"];
            /** @description bytes */
            vramPeakBytes: components["schemas"]["Distribution"];
        };
        Health: {
            status: string;
            version: string;
            bootId: string;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            startedAtMs: number;
            /**
             * Format: int64
             * @description milliseconds
             */
            nowMs: number;
            history: components["schemas"]["HistoryInfo"] | null;
            writer: components["schemas"]["WriterHealth"];
            cost: components["schemas"]["Cost"];
            workers: components["schemas"]["WorkerCount"];
            alerts: components["schemas"]["AlertHealth"];
            setup: components["schemas"]["Setup"];
            counters: components["schemas"]["CounterValue"][];
        };
        HistoryInfo: {
            kind: string;
            location: string;
            /** Format: int64 */
            schemaVersion: number;
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            bytes: number;
            /** @description epoch milliseconds */
            oldestRunAtMs: number | null;
            /** @description epoch milliseconds */
            newestRunAtMs: number | null;
        };
        Interval: {
            low: number;
            high: number;
            level: number;
        };
        /** @enum {string} */
        LikeLevel: "executed" | "warmth" | "device" | "models" | "structure";
        ListedArtifact: {
            nodeId: string;
            filename: string;
            subfolder: string;
            type: string;
            kind: components["schemas"]["MediaKind"];
            text: string | null;
            cached: boolean;
            /** Format: int64 */
            index: number;
            sceneId: string;
            promptId: string;
            url: string | null;
        };
        Lora: {
            name: string;
            strengthModel: number | null;
            strengthClip: number | null;
        };
        /** @enum {string} */
        MediaKind: "image" | "video" | "audio" | "text" | "other";
        /** @enum {string} */
        Metric: "duration" | "vramPeak" | "queueWait" | "successRate";
        MetricComparison: {
            metric: components["schemas"]["Metric"];
            unit: components["schemas"]["Unit"];
            verdict: components["schemas"]["Verdict"];
            sentence: string;
            value: number | null;
            baselineMedian: number | null;
            delta: number | null;
            /** @description 0 to 1 */
            deltaRatio: number | null;
            baselineMedianInterval: components["schemas"]["Interval"] | null;
            deltaRatioInterval: components["schemas"]["Interval"] | null;
            predictionInterval: components["schemas"]["Interval"] | null;
            effectSize: number | null;
            pValue: number | null;
            variation: number | null;
            /** Format: int64 */
            rank: number;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            needed: number;
        };
        NodeComparison: {
            nodeId: string;
            classType: string;
            title: string;
            verdict: components["schemas"]["Verdict"];
            /** Format: int64 */
            executions: number;
            /** @description milliseconds */
            durationMs: number;
            /** @description milliseconds */
            baselineMedianMs: number | null;
            /** @description milliseconds */
            deltaMs: number | null;
            /** @description 0 to 1 */
            deltaRatio: number | null;
            pValue: number | null;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            needed: number;
        };
        NodeDifference: {
            nodeId: string;
            classType: string;
            title: string;
            /** @description milliseconds */
            durationMs: (number | null)[];
            executions: number[];
            cached: number[];
            /** @description milliseconds */
            deltaMs: number | null;
            /** @description 0 to 1 */
            deltaRatio: number | null;
            share: number | null;
            deltaMsInterval: components["schemas"]["Interval"] | null;
            pValue: number | null;
        };
        NodeExecution: {
            nodeId: string;
            displayNodeId: string;
            parentNodeId: string | null;
            classType: string;
            title: string;
            state: components["schemas"]["NodeState"];
            /** @description milliseconds */
            startOffsetMs: number | null;
            /** @description milliseconds */
            durationMs: number | null;
            progressValue: number | null;
            progressMax: number | null;
            /** @description bytes */
            vramPeakBytes: number | null;
        };
        /** @enum {string} */
        NodeState: "running" | "finished" | "cached" | "failed" | "interrupted" | "abandoned" | "blocked";
        NotEqual: {
            what: string;
            thisRun: string | null;
            cohort: string;
            /** Format: int64 */
            nEqual: number;
        };
        NumberDifference: {
            name: string;
            values: (number | null)[];
            n: number[];
            delta: number | null;
            /** @description 0 to 1 */
            deltaRatio: number | null;
            deltaRatioInterval: components["schemas"]["Interval"] | null;
            pValue: number | null;
            verdict: components["schemas"]["Verdict"];
            /** Format: int64 */
            needed: number;
        };
        /** @enum {string} */
        Origin: "observed" | "submitted" | "backfilled" | "imported";
        Parameters: {
            checkpoints: string[];
            loras: components["schemas"]["Lora"][];
            vaes: string[];
            textEncoders: string[];
            sampler: string | null;
            scheduler: string | null;
            steps: number | null;
            cfg: number | null;
            denoise: number | null;
            width: number | null;
            height: number | null;
            batchSize: number | null;
            frames: number | null;
            fps: number | null;
            seed: string | null;
            positivePrompt: string | null;
            negativePrompt: string | null;
        };
        PresetBody: {
            query: string;
        };
        PresetList: {
            presets: components["schemas"]["FilterPreset"][];
        };
        Problem: {
            type: string;
            title: string;
            /** Format: int64 */
            status: number;
            detail: string;
            field?: string;
            mend?: string;
        };
        PruneAnswer: {
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            bytes: number;
            /** @description epoch milliseconds */
            oldestAtMs: number | null;
            /** @description epoch milliseconds */
            newestAtMs: number | null;
            /** Format: int64 */
            keptOpen: number;
            /** Format: int64 */
            keptArchived: number;
            /** Format: int64 */
            keptTagged: number;
            dryRun: boolean;
        };
        PruneRequest: {
            olderThanMs?: number | string;
            keep?: number | string;
            maxBytes?: number | string;
            filter?: string;
            dryRun?: boolean;
        };
        QueueEta: {
            workerId: string;
            eta: components["schemas"]["Eta"];
            /** Format: int64 */
            scenes: number;
            /** Format: int64 */
            scenesUnknown: number;
        };
        QueuePolicy: {
            /**
             * Format: int64
             * @description milliseconds
             */
            maxWaitMs: number;
            /**
             * Format: int64
             * @description milliseconds
             */
            pollIntervalMs: number;
            /** Format: int64 */
            attemptLimit: number;
            /**
             * Format: int64
             * @description milliseconds
             */
            postExecutionTimeoutMs: number;
            /** Format: int64 */
            retryBudget: number;
            /** Format: int64 */
            frameFloor: number;
        };
        Recommendation: {
            id: string;
            rule: string;
            cause: string;
            severity: components["schemas"]["RecommendationSeverity"];
            message: string;
            suggestedAction: string | null;
            evidenceRunIds: string[];
            confidence: number;
            state: components["schemas"]["RecommendationState"];
            /** @description milliseconds */
            deferredUntilMs: number | null;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
        };
        RecommendationList: {
            recommendations: components["schemas"]["Recommendation"][];
            rules: components["schemas"]["RecommendationRule"][];
        };
        RecommendationRule: {
            rule: string;
            meaning: string;
            thresholds: components["schemas"]["RuleThreshold"][];
        };
        /** @enum {string} */
        RecommendationSeverity: "info" | "warning" | "critical";
        /** @enum {string} */
        RecommendationState: "open" | "dismissed" | "deferred" | "applied" | "resolved";
        Retention: {
            days: number | null;
            /** @description bytes */
            maxBytes: number | null;
        };
        RuleThreshold: {
            name: string;
            value: number;
            min: number;
            max: number;
            unit: string;
            meaning: string;
        };
        RunBaseline: {
            runId: string;
            verdict: components["schemas"]["Verdict"];
            /** @description 0 to 1 */
            deltaRatio: number | null;
            /** @description milliseconds */
            medianMs: number | null;
            /** @description milliseconds */
            lowerMs: number | null;
            /** @description milliseconds */
            upperMs: number | null;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            needed: number;
            /** @description milliseconds */
            recentMs: number[];
            sentence: string;
        };
        RunComparison: {
            runId: string;
            verdict: components["schemas"]["Verdict"];
            sentence: string;
            explanation: string;
            cohort: components["schemas"]["CohortEvidence"];
            duration: components["schemas"]["MetricComparison"];
            vramPeak: components["schemas"]["MetricComparison"];
            queueWait: components["schemas"]["MetricComparison"];
            scenes: components["schemas"]["SceneComparison"][];
            /** Format: int64 */
            scenesLeftOut: number;
            nodeClasses: components["schemas"]["NodeComparison"][];
            nodes: components["schemas"]["NodeComparison"][];
            nodesMissing: string | null;
        };
        RunDetail: {
            runId: string;
            grouped: boolean;
            title: string;
            status: components["schemas"]["Status"];
            exitReason: components["schemas"]["ExitReason"] | null;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
            /** @description epoch milliseconds */
            startedAtMs: number | null;
            /** @description epoch milliseconds */
            finishedAtMs: number | null;
            /** @description milliseconds */
            durationMs: number | null;
            /** @description milliseconds */
            queueWaitMs: number | null;
            storyId: string | null;
            storyTitle: string | null;
            workflowName: string | null;
            tags: string[];
            notes: string | null;
            archived: boolean;
            policy: components["schemas"]["QueuePolicy"] | null;
            scenes: components["schemas"]["Scene"][];
            artifacts: components["schemas"]["ListedArtifact"][];
        };
        RunDifference: {
            runs: components["schemas"]["DifferingRun"][];
            sentence: string;
            likeForLike: boolean;
            notLike: string[];
            outcome: components["schemas"]["TextDifference"][];
            environment: components["schemas"]["TextDifference"][];
            environmentEqual: string[];
            scenes: components["schemas"]["SceneDifference"][];
            numbers: components["schemas"]["NumberDifference"][];
            nodeClasses: components["schemas"]["NodeDifference"][];
            nodes: components["schemas"]["NodeDifference"][];
            nodesMissing: string | null;
            artifacts: components["schemas"]["ArtifactRow"][];
        };
        RunEta: {
            runId: string;
            eta: components["schemas"]["Eta"];
            scenes: components["schemas"]["SceneEta"][];
        };
        RunPage: {
            runs: components["schemas"]["RunSummary"][];
            nextCursor: string | null;
            /** Format: int64 */
            total: number;
        };
        RunPatch: {
            title?: string;
            tags?: string[];
            notes?: string;
            archived?: boolean;
        };
        /** @enum {string} */
        RunSort: "newest" | "oldest" | "longest" | "shortest" | "vram";
        RunSummary: {
            runId: string;
            title: string;
            status: components["schemas"]["Status"];
            exitReason: components["schemas"]["ExitReason"] | null;
            /**
             * Format: int64
             * @description epoch milliseconds
             */
            createdAtMs: number;
            /** @description epoch milliseconds */
            startedAtMs: number | null;
            /** @description epoch milliseconds */
            finishedAtMs: number | null;
            /** @description milliseconds */
            durationMs: number | null;
            /** @description milliseconds */
            queueWaitMs: number | null;
            /** Format: int64 */
            sceneCount: number;
            /** Format: int64 */
            scenesSucceeded: number;
            /** Format: int64 */
            attemptCount: number;
            /** Format: int64 */
            artifactCount: number;
            storyTitle: string | null;
            workflowName: string | null;
            workflowFingerprint: string;
            model: string | null;
            workerIds: string[];
            deviceNames: string[];
            /** @description bytes */
            vramPeakBytes: number | null;
            error: string | null;
            thumbnail: number | null;
            tags: string[];
            archived: boolean;
        };
        Scene: {
            sceneId: string;
            title: string;
            status: components["schemas"]["Status"];
            exitReason: components["schemas"]["ExitReason"] | null;
            workflowFingerprint: string;
            workSize: number | null;
            parameters: components["schemas"]["Parameters"];
            attempts: components["schemas"]["Attempt"][];
        };
        SceneComparison: {
            sceneId: string;
            cohort: components["schemas"]["CohortEvidence"];
            duration: components["schemas"]["MetricComparison"];
        };
        SceneDifference: {
            sceneIds: (string | null)[];
            parameters: components["schemas"]["TextDifference"][];
            equal: string[];
        };
        SceneEta: {
            sceneId: string;
            promptId: string;
            workerId: string;
            eta: components["schemas"]["Eta"];
            /** @description epoch milliseconds */
            startsAtMs: number | null;
        };
        Setup: {
            listenHost: string;
            /** Format: int64 */
            listenPort: number;
            tokenNeeded: boolean;
            configFile: string | null;
            retention: components["schemas"]["Retention"];
        };
        /** @enum {string} */
        Severity: "info" | "warning" | "loss";
        /** @enum {string} */
        SinkKind: "webhook" | "command";
        SinkOutcome: {
            name: string;
            delivered: boolean;
            error: string | null;
        };
        SinkOutcomeList: {
            sinks: components["schemas"]["SinkOutcome"][];
        };
        SinkState: {
            name: string;
            kind: components["schemas"]["SinkKind"];
            target: string;
            minSeverity: components["schemas"]["AlertSeverity"];
            /** Format: int64 */
            waiting: number;
            /** Format: int64 */
            delivered: number;
            /** Format: int64 */
            lost: number;
            /** @description epoch milliseconds */
            deliveredAtMs: number | null;
            lastError: string | null;
        };
        SkippedTap: {
            name: string;
            reason: string;
        };
        Statistics: {
            total: components["schemas"]["GroupStatistics"];
            groups: components["schemas"]["GroupStatistics"][];
            /** Format: int64 */
            groupsLeftOut: number;
        };
        /** @enum {string} */
        Status: "queued" | "executing" | "success" | "failed" | "timeout" | "cancelled" | "skipped" | "partial";
        Submission: {
            workflow: unknown;
            worker?: string | null;
            title?: string | null;
            runId?: string | null;
            sceneId?: string | null;
            storyId?: string | null;
            storyTitle?: string | null;
            tags?: string[];
        };
        SubmissionAnswer: {
            runId: string;
            promptId: string;
            workerId: string;
            accepted: boolean;
            message: string | null;
        };
        TextDifference: {
            name: string;
            values: (string | null)[];
            mayExplain: boolean;
        };
        /** @enum {string} */
        TimeSource: "server" | "receipt" | "poll";
        Timeline: {
            runId: string;
            attempts: components["schemas"]["TimelineAttempt"][];
        };
        TimelineAttempt: {
            sceneId: string;
            promptId: string;
            workerId: string;
            status: components["schemas"]["Status"];
            /** @description epoch milliseconds */
            startedAtMs: number | null;
            /** @description epoch milliseconds */
            finishedAtMs: number | null;
            /** @description milliseconds */
            durationMs: number | null;
            nodeTimesKnown: boolean;
            nodes: components["schemas"]["NodeExecution"][];
            samples: components["schemas"]["DeviceSample"][];
        };
        Trend: {
            metric: components["schemas"]["Metric"];
            verdict: components["schemas"]["Verdict"];
            confidence: components["schemas"]["Confidence"];
            sentence: string;
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            runsJudged: number;
            /** Format: int64 */
            runsMissing: number;
            /** Format: int64 */
            runsLeftOut: number;
            /** Format: int64 */
            cohorts: number;
            scale: components["schemas"]["TrendScale"];
            scaleSentence: string;
            /** @description milliseconds */
            fromMs: number | null;
            /** @description milliseconds */
            toMs: number | null;
            median: number | null;
            variation: number | null;
            smallestStep: number | null;
            steps: components["schemas"]["TrendStep"][];
            slope: components["schemas"]["TrendSlope"];
            series: components["schemas"]["TrendSeries"];
        };
        /** @enum {string} */
        TrendBucket: "run" | "day" | "week";
        /** @enum {string} */
        TrendScale: "plain" | "cohortRatio" | "workRatio";
        TrendSeries: {
            bucket: components["schemas"]["TrendBucket"];
            unit: components["schemas"]["Unit"];
            scale: components["schemas"]["TrendScale"];
            /** @description milliseconds */
            xMs: number[];
            y: (number | null)[];
            n: number[];
            lower: (number | null)[];
            upper: (number | null)[];
            runIds: string[];
        };
        TrendSlope: {
            verdict: components["schemas"]["Verdict"];
            confidence: components["schemas"]["Confidence"];
            /**
             * Format: int64
             * @description milliseconds
             */
            fromMs: number;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            needed: number;
            perDay: number | null;
            ratioPerDay: number | null;
            ratioPerDayInterval: components["schemas"]["Interval"] | null;
            pValue: number | null;
            tau: number | null;
            sentence: string;
        };
        TrendStep: {
            /**
             * Format: int64
             * @description milliseconds
             */
            atMs: number;
            runId: string;
            verdict: components["schemas"]["Verdict"];
            confidence: components["schemas"]["Confidence"];
            beforeMedian: number;
            afterMedian: number;
            size: number;
            sizeInterval: components["schemas"]["Interval"] | null;
            pValue: number;
            /** Format: int64 */
            nBefore: number;
            /** Format: int64 */
            nAfter: number;
            whatChanged: components["schemas"]["WhatChanged"][];
            sentence: string;
        };
        /** @enum {string} */
        Unit: "ms" | "bytes" | "ratio" | "rate";
        ValidationError: {
            nodeId: string;
            classType: string;
            type: string;
            message: string;
            details: string;
        };
        /** @enum {string} */
        Verdict: "better" | "worse" | "noEvidence" | "notEnoughData";
        WhatChanged: {
            what: string;
            before: string;
            after: string;
            /**
             * Format: int64
             * @description milliseconds
             */
            atMs: number;
            /** @description 0 to 1 */
            explainsRatio: number;
        };
        Worker: {
            workerId: string;
            name: string;
            url: string;
            comfyuiVersion: string | null;
            pythonVersion: string | null;
            pytorchVersion: string | null;
            os: string | null;
            /** @description bytes */
            ramTotalBytes: number | null;
            /** @description bytes */
            ramFreeBytes: number | null;
            devices: components["schemas"]["Device"][];
            /** @description epoch milliseconds */
            firstSeenAtMs: number | null;
            /** @description epoch milliseconds */
            lastSeenAtMs: number | null;
        };
        WorkerCount: {
            /** Format: int64 */
            total: number;
            /** Format: int64 */
            connected: number;
        };
        WorkerList: {
            workers: components["schemas"]["WorkerState"][];
        };
        WorkerState: {
            worker: components["schemas"]["Worker"];
            connection: components["schemas"]["Connection"];
            /** Format: int64 */
            queueRunning: number;
            /** Format: int64 */
            queuePending: number;
        };
        WriterHealth: {
            /** Format: int64 */
            pending: number;
            failing: boolean;
            lastError: string | null;
        };
    };
    responses: {
        /** @description what is wrong, and the mend */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAlertRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRuleList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description open or all (default) */
                state?: string;
                /** @description 1 to 1000, default 100 */
                limit?: number;
                /** @description the id of the last alert of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    acknowledgeAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alertId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    testAlertSinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinkOutcomeList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listBaselines: {
        parameters: {
            query: {
                /** @description 1 to 100 run ids, separated by commas */
                ids: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BaselineList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    compareRuns: {
        parameters: {
            query: {
                /** @description 2 to 8 run ids, separated by commas */
                ids: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDifference"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listDeviations: {
        parameters: {
            query?: {
                /** @description Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h, now or epoch ms */
                from?: string;
                /** @description Queued before */
                to?: string;
                /** @description queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated */
                status?: string;
                /** @description Why it ended: outOfMemory, executionError, …; comma-separated */
                exitReason?: string;
                /** @description Worker id or name; comma-separated */
                worker?: string;
                /** @description Device name; comma-separated */
                gpu?: string;
                /** @description Workflow name or fingerprint; comma-separated */
                workflow?: string;
                /** @description Checkpoint's file name; comma-separated */
                model?: string;
                /** @description Took at least: 90s, 2m, 1.5h or ms */
                durationMinMs?: string;
                /** @description Took at most */
                durationMaxMs?: string;
                /** @description At least so many attempts */
                attemptsMin?: string;
                /** @description At most so many attempts */
                attemptsMax?: string;
                /** @description VRAM peak at least: 8GiB, 500MB or bytes */
                vramPeakMinBytes?: string;
                /** @description VRAM peak at most */
                vramPeakMaxBytes?: string;
                /** @description Any of these tags; comma-separated */
                tag?: string;
                /** @description Story id or title */
                story?: string;
                /** @description Words in title, prompts, error, notes or tags */
                text?: string;
                /** @description Regular expression (RE2, any case) in title, error, prompts or notes */
                regex?: string;
                /** @description true or false */
                archived?: string;
                /** @description A saved filter; parameters beside it take the place of its own */
                preset?: string;
                /** @description of the newest so many runs, 1 to 500, default 50 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deviations"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getEta: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EtaReport"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listPresets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresetList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilterPreset"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    savePreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresetBody"];
            };
        };
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilterPreset"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deletePreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRecommendations: {
        parameters: {
            query?: {
                /** @description all (default), open, dismissed, deferred, applied, resolved */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecommendationList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    applyRecommendation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deferRecommendation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Deferral"];
            };
        };
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    dismissRecommendation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    reopenRecommendation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h, now or epoch ms */
                from?: string;
                /** @description Queued before */
                to?: string;
                /** @description queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated */
                status?: string;
                /** @description Why it ended: outOfMemory, executionError, …; comma-separated */
                exitReason?: string;
                /** @description Worker id or name; comma-separated */
                worker?: string;
                /** @description Device name; comma-separated */
                gpu?: string;
                /** @description Workflow name or fingerprint; comma-separated */
                workflow?: string;
                /** @description Checkpoint's file name; comma-separated */
                model?: string;
                /** @description Took at least: 90s, 2m, 1.5h or ms */
                durationMinMs?: string;
                /** @description Took at most */
                durationMaxMs?: string;
                /** @description At least so many attempts */
                attemptsMin?: string;
                /** @description At most so many attempts */
                attemptsMax?: string;
                /** @description VRAM peak at least: 8GiB, 500MB or bytes */
                vramPeakMinBytes?: string;
                /** @description VRAM peak at most */
                vramPeakMaxBytes?: string;
                /** @description Any of these tags; comma-separated */
                tag?: string;
                /** @description Story id or title */
                story?: string;
                /** @description Words in title, prompts, error, notes or tags */
                text?: string;
                /** @description Regular expression (RE2, any case) in title, error, prompts or notes */
                regex?: string;
                /** @description true or false */
                archived?: string;
                /** @description A saved filter; parameters beside it take the place of its own */
                preset?: string;
                sort?: components["schemas"]["RunSort"];
                /** @description 1 to 1000, default 50 */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
                /** @description runs to leave out, from the beginning or the cursor */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    amendRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunPatch"];
            };
        };
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getArtifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
                index: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getComparison: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunComparison"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTimeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    pruneRuns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PruneRequest"];
            };
        };
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PruneAnswer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    submitRun: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Submission"];
            };
        };
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmissionAnswer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getStatistics: {
        parameters: {
            query?: {
                /** @description Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h, now or epoch ms */
                from?: string;
                /** @description Queued before */
                to?: string;
                /** @description queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated */
                status?: string;
                /** @description Why it ended: outOfMemory, executionError, …; comma-separated */
                exitReason?: string;
                /** @description Worker id or name; comma-separated */
                worker?: string;
                /** @description Device name; comma-separated */
                gpu?: string;
                /** @description Workflow name or fingerprint; comma-separated */
                workflow?: string;
                /** @description Checkpoint's file name; comma-separated */
                model?: string;
                /** @description Took at least: 90s, 2m, 1.5h or ms */
                durationMinMs?: string;
                /** @description Took at most */
                durationMaxMs?: string;
                /** @description At least so many attempts */
                attemptsMin?: string;
                /** @description At most so many attempts */
                attemptsMax?: string;
                /** @description VRAM peak at least: 8GiB, 500MB or bytes */
                vramPeakMinBytes?: string;
                /** @description VRAM peak at most */
                vramPeakMaxBytes?: string;
                /** @description Any of these tags; comma-separated */
                tag?: string;
                /** @description Story id or title */
                story?: string;
                /** @description Words in title, prompts, error, notes or tags */
                text?: string;
                /** @description Regular expression (RE2, any case) in title, error, prompts or notes */
                regex?: string;
                /** @description true or false */
                archived?: string;
                /** @description A saved filter; parameters beside it take the place of its own */
                preset?: string;
                groupBy?: components["schemas"]["GroupBy"];
                /** @description exact percentiles however many runs match */
                exact?: boolean;
                /** @description 1 to 10000; default 200, of times 500 */
                maxGroups?: number;
                /** @description where the days of time groups begin */
                utcOffsetMinutes?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTrend: {
        parameters: {
            query?: {
                /** @description Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h, now or epoch ms */
                from?: string;
                /** @description Queued before */
                to?: string;
                /** @description queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated */
                status?: string;
                /** @description Why it ended: outOfMemory, executionError, …; comma-separated */
                exitReason?: string;
                /** @description Worker id or name; comma-separated */
                worker?: string;
                /** @description Device name; comma-separated */
                gpu?: string;
                /** @description Workflow name or fingerprint; comma-separated */
                workflow?: string;
                /** @description Checkpoint's file name; comma-separated */
                model?: string;
                /** @description Took at least: 90s, 2m, 1.5h or ms */
                durationMinMs?: string;
                /** @description Took at most */
                durationMaxMs?: string;
                /** @description At least so many attempts */
                attemptsMin?: string;
                /** @description At most so many attempts */
                attemptsMax?: string;
                /** @description VRAM peak at least: 8GiB, 500MB or bytes */
                vramPeakMinBytes?: string;
                /** @description VRAM peak at most */
                vramPeakMaxBytes?: string;
                /** @description Any of these tags; comma-separated */
                tag?: string;
                /** @description Story id or title */
                story?: string;
                /** @description Words in title, prompts, error, notes or tags */
                text?: string;
                /** @description Regular expression (RE2, any case) in title, error, prompts or notes */
                regex?: string;
                /** @description true or false */
                archived?: string;
                /** @description A saved filter; parameters beside it take the place of its own */
                preset?: string;
                metric?: components["schemas"]["Metric"];
                bucket?: components["schemas"]["TrendBucket"];
                /** @description false takes values as they are, whatever work is mixed */
                likeForLike?: boolean;
                /** @description the newest so many bear the claims, default 2000 */
                maxRuns?: number;
                /** @description where the days of time groups begin */
                utcOffsetMinutes?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trend"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    connectWorker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
}
