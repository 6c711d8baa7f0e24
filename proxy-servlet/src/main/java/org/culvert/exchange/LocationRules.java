package org.culvert.exchange;

import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.culvert.http.ResponseHead;

/**
 * What an exchange needs of its location beyond {@code proxy_*}.
 *
 * @param maxBodySize {@code client_max_body_size} in bytes; 0 unlimited
 * @param hasErrorPage whether an {@code error_page} is there for a status
 * @param addHeaders {@code add_header}: changes the fields of a head that goes to the client
 * @param paced {@code limit_rate}: the client's leg, or what slows it down
 */
public record LocationRules(
    long maxBodySize,
    IntPredicate hasErrorPage,
    Consumer<ResponseHead> addHeaders,
    UnaryOperator<Downstream> paced) {}
