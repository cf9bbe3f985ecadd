using System.Text;
using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests over many dead letters, in slices.</summary>
internal static class QueueDeadHandlers
{
    private const int SliceMessages = 256;

    // With a rate, so many slices a second: it is kept to evenly.
    private const int PacedSlicesPerSecond = 20;

    public static void Count(in Request request) => Select(request, QueueDeadAction.Count);

    public static void Delete(in Request request) => Select(request, QueueDeadAction.Delete);

    public static void Redrive(in Request request)
    {
        if (!QueueDeadRedriveRequest.TryRead(request.Body, out QueueDeadRedriveRequest redrive))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, redrive.Queue)
            || (!redrive.Target.IsEmpty && request.Denies(AccessBroker.Queue, AccessOperation.Write, redrive.Target)))
        {
            return;
        }

        if (!TryReadFilter(request, redrive.Filter, out QueueDeadFilter filter))
        {
            return;
        }

        long messagesMax = (long)Math.Min(redrive.MessagesMax, long.MaxValue);
        QueueStatus status = request.Queues.BeginDead(
            redrive.Queue, QueueDeadAction.Redrive, filter, redrive.Target, messagesMax, out QueueDeadJob? job);
        Run(request, status, job, redrive.PerSecondMax);
    }

    /// <summary>The filter as the engine takes it; false: the request has been answered with what is wrong.</summary>
    public static bool TryReadFilter(in Request request, DeadFilter wire, out QueueDeadFilter filter)
    {
        filter = QueueDeadFilter.All;
        if (wire.UnknownTag is { } unknown)
        {
            QueueFailures.FailOption(
                request,
                ErrorCode.OptionUnknown,
                unknown,
                $"filter: field {unknown} is not one that this server knows: they are {(int)DeadFilterTag.MessageId} to "
                + $"{(int)DeadFilterTag.AttemptsMin}.");
            return false;
        }

        if (wire.IdCount > BlobList.ItemsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"filter: at most {BlobList.ItemsMax} message ids.");
            return false;
        }

        HashSet<ulong>? ids = wire.IdCount > 0 ? [] : null;
        while (wire.TryTakeId(out ulong id))
        {
            ids!.Add(id);
        }

        filter = new QueueDeadFilter
        {
            MessageIds = ids,
            Source = wire.HasSource ? Encoding.UTF8.GetString(wire.Source) : null,
            Cause = (QueueDeadCause?)wire.Cause,
            ReasonContains = wire.ReasonText.IsEmpty ? null : Encoding.UTF8.GetString(wire.ReasonText),
            FromMs = wire.DiedFrom,
            ToMs = wire.DiedTo,
            AttemptsMin = wire.AttemptsMin,
        };
        return true;
    }

    private static void Select(in Request request, QueueDeadAction action)
    {
        if (!QueueDeadSelectRequest.TryRead(request.Body, out QueueDeadSelectRequest select))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(
            AccessBroker.Queue, action == QueueDeadAction.Count ? AccessOperation.Read : AccessOperation.Manage, select.Queue))
        {
            return;
        }

        if (!TryReadFilter(request, select.Filter, out QueueDeadFilter filter))
        {
            return;
        }

        QueueStatus status = request.Queues.BeginDead(
            select.Queue, action, filter, target: default, messagesMax: 0, out QueueDeadJob? job);
        Run(request, status, job, perSecondMax: 0);
    }

    private static void Run(in Request request, QueueStatus status, QueueDeadJob? job, uint perSecondMax)
    {
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        NativeServer server = request.Connection.Server;
        bool isRedrive = request.Opcode == Opcode.QueueDeadRedrive;
        int slice = perSecondMax == 0
            ? SliceMessages
            : (int)Math.Clamp(perSecondMax / PacedSlicesPerSecond, 1, SliceMessages);
        var pace = new Pace(perSecondMax, server.Time);
        var work = new QueueWork();
        request.Connection.RunSliced(
            request,
            () =>
            {
                bool more = job!.MoveNext(slice, work);
                work.Run();
                return more;
            },
            () => ResultOf(job!, server.QueueLimits, isRedrive),
            () => pace.PauseAfter(job!.Done));
    }

    private static SlicedResult ResultOf(QueueDeadJob job, QueueLimits limits, bool isRedrive) => job.Status == QueueStatus.Ok
        ? new SlicedResult(job.Done, Waits: job.Waits)
        : new SlicedResult(
            job.Done,
            QueueFailures.CodeOf(job.Status),
            $"{QueueFailures.MessageOf(job.Status, limits)} {job.Done} were done before.",
            TellsCount: isRedrive);
}
