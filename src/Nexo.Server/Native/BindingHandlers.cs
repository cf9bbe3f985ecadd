using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about bindings of topics to queues and streams.</summary>
internal static class BindingHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int ListPageBytesMax = 256 * 1_024;

    public static void Set(in Request request)
    {
        if (!BindingSetRequest.TryRead(request.Body, out BindingSetRequest set))
        {
            request.FailMalformed();
            return;
        }

        if (set.Options.UnknownTag is { } tag)
        {
            QueueFailures.FailOption(request, ErrorCode.OptionUnknown, tag, $"This server knows no option {tag} of a binding.");
            return;
        }

        if (request.DeniesFilter(AccessOperation.Manage, set.Filter)
            || request.Denies(
                set.Kind == BindingTarget.Stream ? AccessBroker.Streams : AccessBroker.Queue, AccessOperation.Write, set.Target))
        {
            return;
        }

        var spec = new TopicBindingSpec
        {
            Name = set.Name,
            Filter = set.Filter,
            Kind = (TopicTargetKind)set.Kind,
            Target = set.Target,
            KeyByTopic = set.Options.KeyByTopic ?? false,
        };
        TopicStatus status = request.Topics.SetBinding(spec, out bool created, out bool waits);
        if (status == TopicStatus.TargetNotFound)
        {
            request.Fail(
                set.Kind == BindingTarget.Stream ? ErrorCode.StreamNotFound : ErrorCode.QueueNotFound,
                TopicFailures.MessageOf(status, request.Topics.Limits));
            return;
        }

        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        FrameBuffer reply = request.BeginReply();
        new BindingSetReply(created).Write(reply);
        reply.End();
    }

    public static void Describe(in Request request)
    {
        bool isThere = request.Topics.TryDescribeBinding(request.Body, out TopicBindingInfo binding);
        if (isThere
            ? request.DeniesFilter(AccessOperation.Read, binding.Filter.Span)
            : request.DeniesAny(AccessBroker.Topics, AccessOperation.Read))
        {
            return;
        }

        if (!isThere)
        {
            TopicFailures.Fail(request, TopicStatus.BindingNotFound);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        new BindingSetRequest
        {
            Kind = (BindingTarget)binding.Kind,
            Name = binding.Name.Span,
            Filter = binding.Filter.Span,
            Target = binding.Target.Span,
        }.WriteStart(reply);
        BindingOptionFields.WriteKeyByTopic(reply, binding.KeyByTopic);
        reply.End();
    }

    public static void List(in Request request)
    {
        if (!ScanRequest.TryRead(request.Body, out ScanRequest list))
        {
            request.FailMalformed();
            return;
        }

        if (list.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} bindings.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Topics, AccessOperation.Read, default))
        {
            return;
        }

        IReadOnlyList<TopicBindingInfo> found = request.Topics.ListBindings(list.Prefix, list.Cursor, (int)list.Limit);
        using var items = new FrameBuffer();
        int count = 0;
        int bytesMax = Math.Min(ListPageBytesMax, request.Connection.BodyBytesMax / 2);
        while (count < found.Count && items.Count < bytesMax)
        {
            Write(items, found[count]);
            count++;
        }

        // The cursor is the last name: a page that is not full is the end.
        bool isEnd = count == found.Count && found.Count < list.Limit;
        FrameBuffer reply = request.BeginReply();
        BindingListReply.WriteStart(reply, isEnd ? default : found[count - 1].Name.Span, (uint)count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Delete(in Request request)
    {
        if (request.Topics.TryDescribeBinding(request.Body, out TopicBindingInfo binding)
            ? request.DeniesFilter(AccessOperation.Manage, binding.Filter.Span)
            : request.DeniesAny(AccessBroker.Topics, AccessOperation.Manage))
        {
            return;
        }

        TopicStatus status = request.Topics.DeleteBinding(request.Body, out bool waits);
        if (status is not (TopicStatus.Ok or TopicStatus.BindingNotFound))
        {
            TopicFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.ReplyCount(status == TopicStatus.Ok ? 1 : 0);
    }

    private static void Write(FrameBuffer items, in TopicBindingInfo binding) => new BindingListItem
    {
        Kind = (BindingTarget)binding.Kind,
        Name = binding.Name.Span,
        Filter = binding.Filter.Span,
        Target = binding.Target.Span,
        Taken = (ulong)binding.Taken,
        Refused = (ulong)binding.Refused,
    }.Write(items);
}
