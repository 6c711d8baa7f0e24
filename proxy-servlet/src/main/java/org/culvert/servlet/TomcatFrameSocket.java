package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.tomcat.util.net.AbstractEndpoint;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SendfileDataBase;
import org.apache.tomcat.util.net.SendfileState;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Of a connection's wrapper in Tomcat what a WebSocket's frames and its remote endpoint need not:
 * they read, write and close, and nothing else.
 */
abstract class TomcatFrameSocket extends SocketWrapperBase<NioChannel> {
  TomcatFrameSocket(NioChannel socket, AbstractEndpoint<NioChannel, ?> endpoint) {
    super(socket, endpoint);
  }

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("a WebSocket's frames only read");
  }

  @Override
  protected void populateRemoteHost() {
    throw unused();
  }

  @Override
  protected void populateRemoteAddr() {
    throw unused();
  }

  @Override
  protected void populateRemotePort() {
    throw unused();
  }

  @Override
  protected void populateLocalName() {
    throw unused();
  }

  @Override
  protected void populateLocalAddr() {
    throw unused();
  }

  @Override
  protected void populateLocalPort() {
    throw unused();
  }

  @Override
  public int read(boolean block, byte[] bytes, int offset, int length) {
    throw unused();
  }

  @Override
  public boolean isReadyForRead() {
    throw unused();
  }

  @Override
  public void setAppReadBufHandler(ApplicationBufferHandler buffers) {
    throw unused();
  }

  @Override
  protected void doClose() {
    throw unused();
  }

  @Override
  protected boolean flushNonBlocking() {
    throw unused();
  }

  @Override
  protected void doWrite(boolean block, ByteBuffer from) {
    throw unused();
  }

  @Override
  public void registerReadInterest() {
    throw unused();
  }

  @Override
  public void registerWriteInterest() {
    throw unused();
  }

  @Override
  public SendfileDataBase createSendfileData(String filename, long position, long length) {
    throw unused();
  }

  @Override
  public SendfileState processSendfile(SendfileDataBase data) {
    throw unused();
  }

  @Override
  public void doClientAuth(SSLSupport support) {
    throw unused();
  }

  @Override
  public SSLSupport getSslSupport() {
    throw unused();
  }

  @Override
  protected <A> OperationState<A> newOperationState(
      boolean read,
      ByteBuffer[] buffers,
      int offset,
      int length,
      BlockingMode block,
      long timeout,
      TimeUnit unit,
      A attachment,
      CompletionCheck check,
      CompletionHandler<Long, ? super A> completion,
      Semaphore semaphore,
      VectoredIOCompletionHandler<A> vectored) {
    throw unused();
  }
}
