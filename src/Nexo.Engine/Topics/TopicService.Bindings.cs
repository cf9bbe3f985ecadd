using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <content>Bindings: filters whose messages go to queues and streams too.</content>
public sealed partial class TopicService
{
    private const int SnapshotBindingsMax = 256;

    private readonly TopicBindings _bindings = new();
    private long _bindingTaken;
    private long _bindingRefused;

    /// <summary>Makes a binding, or finds that it is there as it is asked for.</summary>
    /// <param name="created">False: it was there.</param>
    /// <param name="waits">True when the answer must wait until the log is durable.</param>
    public TopicStatus SetBinding(in TopicBindingSpec spec, out bool created, out bool waits)
    {
        created = false;
        waits = WaitsForLog;
        TopicStatus status = Check(spec);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        // Asked without a lock: the targets have theirs. One that goes meanwhile is as one that goes later.
        bool isThere = _targets.Exists(spec.Kind, spec.Target);
        lock (_bindings.Gate)
        {
            if (_bindings.TryFind(spec.Name, out TopicBinding? binding))
            {
                return binding.Is(spec) ? TopicStatus.Ok : TopicStatus.BindingConflict;
            }

            status = !isThere ? TopicStatus.TargetNotFound
                : _bindings.Count >= Limits.BindingsMax ? TopicStatus.TooManyBindings
                : StatusOf(_log?.RoomFor(BytesOf(spec)) ?? LogRoom.Ok);
            if (status == TopicStatus.Ok)
            {
                binding = _bindings.Add(spec);
                LogDefined(binding);
                AddBinding(binding.Filter, binding);
                created = true;
            }

            return status;
        }
    }

    public bool TryDescribeBinding(ReadOnlySpan<byte> name, out TopicBindingInfo info)
    {
        lock (_bindings.Gate)
        {
            info = _bindings.TryFind(name, out TopicBinding? binding) ? binding.Describe() : default;
            return binding is not null;
        }
    }

    /// <summary>
    /// Bindings whose names begin with <paramref name="prefix"/> and come behind <paramref name="after"/>, in the order of their
    /// names' bytes.
    /// </summary>
    public IReadOnlyList<TopicBindingInfo> ListBindings(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit)
    {
        var found = new List<TopicBindingInfo>();
        lock (_bindings.Gate)
        {
            int index = _bindings.IndexFrom(after.SequenceCompareTo(prefix) > 0 ? after : prefix);
            for (; index < _bindings.Count && found.Count < limit; index++)
            {
                TopicBinding binding = _bindings[index];
                if (!binding.Name.AsSpan().StartsWith(prefix))
                {
                    break;
                }

                if (!after.SequenceEqual(binding.Name))
                {
                    found.Add(binding.Describe());
                }
            }
        }

        return found;
    }

    /// <summary>Removes a binding. What its target has taken stays there.</summary>
    /// <param name="waits">True when the answer must wait until the log is durable, also when there is no such binding.</param>
    public TopicStatus DeleteBinding(ReadOnlySpan<byte> name, out bool waits)
    {
        waits = WaitsForLog;
        lock (_bindings.Gate)
        {
            if (!_bindings.TryFind(name, out TopicBinding? binding))
            {
                return TopicStatus.BindingNotFound;
            }

            if (_log is { } log)
            {
                TopicStatus status = StatusOf(log.RoomForRemoval(name.Length));
                if (status != TopicStatus.Ok)
                {
                    return status;
                }

                using LogAppend append = log.Begin((byte)TopicRecordKind.BindingRemoved, name.Length);
                name.CopyTo(append.Payload);
            }

            RemoveBinding(binding.Filter, binding);
            _bindings.Remove(binding);
            return TopicStatus.Ok;
        }
    }

    /// <summary>Copies the next bindings behind a name; true: those were the last.</summary>
    internal bool SnapshotBindings(ref byte[] after, RecordBuffer buffer)
    {
        lock (_bindings.Gate)
        {
            int index = _bindings.IndexFrom(after);
            if (index < _bindings.Count && after.AsSpan().SequenceEqual(_bindings[index].Name))
            {
                index++;
            }

            int end = Math.Min(_bindings.Count, index + SnapshotBindingsMax);
            for (; index < end; index++)
            {
                TopicBinding binding = _bindings[index];
                after = binding.Name;
                BindingDefinedRecord.Write(buffer.Add((byte)TopicRecordKind.BindingDefined, BytesOf(binding)), binding);
            }

            return end == _bindings.Count;
        }
    }

    /// <summary>
    /// Gives a message to the targets of a route. A target that several bindings lead to gets it once, with the topic as its key if
    /// one of them says so; all of them count it.
    /// </summary>
    private TopicStatus PushBindings(
        TopicBinding[] bindings, in TopicMessage message, object? batch, ref TopicPublished published)
    {
        int taken = 0;
        int refused = 0;
        bool waits = published.WaitsForLog;
        BoundTarget? last = null;
        bool isTaken = false;
        foreach (TopicBinding binding in bindings)
        {
            if (binding.Target != last)
            {
                last = binding.Target;
                TopicTargetResult result = Push(binding, message, batch);
                isTaken = result.Taken;
                waits |= result.WaitsForLog;
                taken += isTaken ? 1 : 0;
                refused += isTaken ? 0 : 1;
            }

            binding.Count(isTaken);
        }

        Interlocked.Add(ref _bindingTaken, taken);
        Interlocked.Add(ref _bindingRefused, refused);
        published = new TopicPublished(published.Receivers, taken, refused, waits);
        return refused == 0 ? TopicStatus.Ok : TopicStatus.BindingRefused;
    }

    private TopicTargetResult Push(TopicBinding binding, in TopicMessage message, object? batch)
    {
        var bound = new BoundMessage
        {
            Kind = binding.Target.Kind,
            Target = binding.Target.Name,
            Topic = message.Topic,
            KeyByTopic = binding.KeyByTopic,
            Headers = message.Headers,
            Body = message.Body,
        };
        return _targets.Push(bound, batch);
    }

    private TopicStatus Check(in TopicBindingSpec spec)
    {
        if (spec.Kind is not (TopicTargetKind.Queue or TopicTargetKind.Stream)
            || !EngineNames.IsName(spec.Name, Limits.NameBytesMax)
            || !EngineNames.IsName(spec.Target, Limits.NameBytesMax))
        {
            return TopicStatus.NameInvalid;
        }

        // A share is for those who subscribe, and an inbox belongs to its client.
        bool valid = TopicFilter.TryParse(spec.Filter, Limits, out TopicFilter filter)
            && filter.Group.IsEmpty
            && !TopicRules.IsInbox(filter.Text);
        return valid ? TopicStatus.Ok : TopicStatus.FilterInvalid;
    }

    private static int BytesOf(in TopicBindingSpec spec) =>
        BindingDefinedRecord.Bytes(spec.Name.Length, spec.Filter.Length, spec.Target.Length);

    private static int BytesOf(TopicBinding binding) =>
        BindingDefinedRecord.Bytes(binding.Name.Length, binding.Filter.Length, binding.Target.Name.Length);

    private void LogDefined(TopicBinding binding)
    {
        if (_log is { } log)
        {
            using LogAppend append = log.Begin((byte)TopicRecordKind.BindingDefined, BytesOf(binding));
            BindingDefinedRecord.Write(append.Payload, binding);
        }
    }

    /// <summary>A record of a name that is there comes from before a snapshot that has it: what the log says later counts.</summary>
    private bool ApplyBinding(ReadOnlySpan<byte> payload)
    {
        if (!BindingDefinedRecord.TryRead(payload, out BindingDefinedRecord record))
        {
            return false;
        }

        ApplyBindingRemoved(record.Name);
        lock (_bindings.Gate)
        {
            TopicBinding binding = _bindings.Add(new TopicBindingSpec
            {
                Name = record.Name,
                Filter = record.Filter,
                Kind = record.Kind,
                Target = record.Target,
                KeyByTopic = record.KeyByTopic,
            });
            AddBinding(binding.Filter, binding);
            return true;
        }
    }

    private void ApplyBindingRemoved(ReadOnlySpan<byte> name)
    {
        lock (_bindings.Gate)
        {
            if (_bindings.TryFind(name, out TopicBinding? binding))
            {
                RemoveBinding(binding.Filter, binding);
                _bindings.Remove(binding);
            }
        }
    }
}
