namespace Nexo.Engine.Queues;

internal sealed partial class Queue
{
    public void Dispatch() => throw new NotImplementedException();
}
